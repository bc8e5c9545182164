{{ config(
    enabled='shopify' in var('sources'),
    materialized='table',
) }}

with order_rows as (

    select * from {{ ref('base_shopify__order_rows') }}
    where order_name is not null

),

source as (

    select * from {{ ref('base_shopify__rows') }}

),

-- The order as a whole is told of in its first row only.
grouped as (

    select
        order_name,
        min(row_no) as first_row_no,
        coalesce(
            min(case when is_of_order then row_no end), min(row_no)
        ) as row_of_order,
        coalesce(
            sum(
                case
                    when rejected_because is null and not is_tip
                        then list_amount
                end
            ),
            0
        ) as listed
    from order_rows
    group by order_name

),

-- few lines have either, and sums over all of them would take memory for each
-- order
tips_and_discounts as (

    select
        order_name,
        sum(case when is_tip then list_amount - line_discount end) as tips,
        sum(case when not is_tip then line_discount end) as line_discounts
    from {{ ref('base_shopify__order_rows') }}
    where rejected_because is null and (is_tip or line_discount > 0)
    group by order_name

),

orders as (

    select
        -- ids
        grouped.order_name,
        grouped.first_row_no,
        -- who gives an e-mail is known by it, else by a telephone; the export
        -- has no number of the customer
        coalesce(
            source.email_key,
            source.phone_key,
            source.billing_phone_key,
            source.shipping_phone_key,
            source.shopify_customer_id
        ) as customer_id,

        -- strings
        lower(nullif(trim(source.financial_status), '')) as financial_status,
        nullif(trim(source.currency), '') as currency,
        nullif(trim(source.payment_method), '') as payment_method,
        nullif(trim(source.source), '') as sales_channel,
        {{ email_address('source.email') }} as email,
        nullif(trim(source.billing_name), '') as billing_name,
        -- a shop that ships without a bill knows the parcel's address only
        coalesce(
            nullif(trim(source.billing_city), ''),
            nullif(trim(source.shipping_city), '')
        ) as city,
        coalesce(
            nullif(trim(source.billing_province), ''),
            nullif(trim(source.shipping_province), '')
        ) as state,
        coalesce(
            nullif(trim(source.billing_country), ''),
            nullif(trim(source.shipping_country), '')
        ) as country,

        -- numerics
        grouped.listed,
        grouped.listed - coalesce(tips_and_discounts.line_discounts, 0)
            as left_by_lines,
        coalesce(tips_and_discounts.tips, 0) as tips,
        {%- for amount in [
            'subtotal',
            'shipping',
            'taxes',
            'total',
            'discount_amount',
            'refunded_amount',
        ] %}
        {{ try_cast('source.' ~ amount, 'numeric') }} as {{ amount }},
        {%- endfor %}

        -- booleans
        nullif(trim(source.cancelled_at), '') is not null as is_called_off,

        -- dates: the shop's day is the one that it wrote
        {{ try_cast('source.created_at', 'date') }} as ordered_on,
        {{ try_cast('source.cancelled_at', 'date') }} as cancelled_on,

        -- timestamps
        {{ try_cast_utc('source.created_at', var('shop_time_zone')) }}
            as ordered_at

    from grouped
    inner join source
        on
            grouped.row_of_order = source._row
            and grouped.order_name = trim(source.order_name)
    left join tips_and_discounts
        on grouped.order_name = tips_and_discounts.order_name
    {{ computed_once() }}

),

-- the export tells no day
refunds_of_api as (

    select
        order_name,
        max(refunded_on) as refunded_on
    from {{ ref('base_shopify__api_refunds') }}
    group by order_name

),

with_refunds as (

    select
        orders.*,
        refunds_of_api.refunded_on
    from orders
    left join refunds_of_api
        on orders.order_name = refunds_of_api.order_name

),

-- No column says whether prices hold their tax, but Total does whether it is
-- added to them.
with_tax as (

    select
        *,
        coalesce(
            abs(total - subtotal - shipping - tips - taxes)
            < abs(total - subtotal - shipping - tips),
            false
        ) as is_tax_on_top
    from with_refunds

),

with_parts_of_tax as (

    select
        *,
        subtotal + shipping as charged,
        case when is_tax_on_top then taxes else 0 end as tax_on_top,
        case
            when {{ var('shopify_revenue_holds_tax') }} or is_tax_on_top then 0
            else taxes
        end as tax_within
    from with_tax

),

-- What the goods were sold for: Subtotal, which all discounts have been taken
-- off, but never more than their prices; else by the discounts themselves.
sold as (

    select
        *,
        greatest(
            least(
                coalesce(
                    subtotal
                    - case
                        when tax_within > 0
                            then coalesce(
                                {{ quotient(
                                    'subtotal * tax_within', 'charged'
                                ) }},
                                0
                            )
                        else 0
                    end,
                    listed - discount_amount,
                    left_by_lines
                ),
                listed
            ),
            0
        ) as goods_sold_for
    from with_parts_of_tax

),

final as (

    select
        -- ids
        order_name,
        first_row_no,
        customer_id,

        -- strings
        financial_status,
        currency,
        sales_channel,
        email,
        billing_name,
        city,
        state,
        country,
        case
            when ordered_on is null or ordered_at is null
                then 'Created at is not a date'
            when {{ is_too_early('ordered_on') }}
                then 'Created at is before {{ var("earliest_order_on") }}'
            when {{ is_too_late('ordered_on') }}
                then 'Created at is after {{ var("latest_order_on") }}'
            when lower(payment_method) like '%bogus gateway%'
                then 'a test order, paid by Bogus Gateway'
        end as rejected_because,

        -- numerics
        goods_sold_for,
        goods_sold_for + tips as sold_for,
        case
            when left_by_lines >= goods_sold_for then left_by_lines
            else listed
        end as to_spread_over,
        case
            when left_by_lines >= goods_sold_for then left_by_lines
            else listed
        end
        - goods_sold_for as discount_to_spread,
        case
            when refunded_amount > 0
                then coalesce(
                    {{ quotient(
                        'refunded_amount * (charged - tax_within)',
                        'charged + tax_on_top'
                    ) }},
                    refunded_amount
                )
        end as refunded_without_tax,
        refunded_amount,

        -- booleans: where the lines' own discounts are more than the order's,
        -- they are none
        left_by_lines >= goods_sold_for as has_line_discounts,
        is_called_off,

        -- dates
        ordered_on,
        cancelled_on,
        refunded_on,

        -- timestamps
        ordered_at

    from sold

)

select * from final
