{{ config(
    enabled='shopify' in var('sources'),
    materialized='table',
) }}

with order_rows as (

    select * from {{ ref('base_shopify__order_rows') }}
    where order_name is not null

),

-- Only its first row tells of the order as a whole, so that each max() is of
-- one value.
orders as (

    select
        -- ids
        order_name,
        min(row_no) as first_row_no,
        max(customer_id) as customer_id,

        -- strings
        max(financial_status) as financial_status,
        max(currency) as currency,
        max(payment_method) as payment_method,
        max(sales_channel) as sales_channel,
        max(email) as email,
        max(billing_name) as billing_name,
        max(city) as city,
        max(state) as state,
        max(country) as country,
        max(cancelled_as_typed) as cancelled_as_typed,

        -- numerics
        sum(
            case when rejected_because is null and not is_tip then list_amount
            end
        ) as goods_before_discounts,
        sum(
            case
                when rejected_because is null and not is_tip
                    then list_amount - line_discount
            end
        ) as goods_after_line_discounts,
        sum(
            case
                when rejected_because is null and is_tip
                    then list_amount - line_discount
            end
        ) as tips,
        max(subtotal) as subtotal,
        max(shipping) as shipping,
        max(taxes) as taxes,
        max(total) as total,
        max(discount_amount) as discount_amount,
        max(refunded_amount) as refunded_amount,

        -- dates
        min(ordered_on) as ordered_on,
        min(cancelled_on) as cancelled_on,

        -- timestamps
        min(ordered_at) as ordered_at

    from order_rows
    group by order_name

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
        coalesce(goods_before_discounts, 0) as listed,
        coalesce(goods_after_line_discounts, 0) as left_by_lines,
        coalesce(
            abs(total - subtotal - shipping - coalesce(tips, 0) - taxes)
            < abs(total - subtotal - shipping - coalesce(tips, 0)),
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
                    - coalesce(
                        {{ quotient('subtotal * tax_within', 'charged') }}, 0
                    ),
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
        goods_sold_for + coalesce(tips, 0) as sold_for,
        case
            when left_by_lines >= goods_sold_for then left_by_lines
            else listed
        end as to_spread_over,
        case
            when left_by_lines >= goods_sold_for then left_by_lines
            else listed
        end
        - goods_sold_for as discount_to_spread,
        coalesce(
            {{ quotient(
                'refunded_amount * (charged - tax_within)',
                'charged + tax_on_top'
            ) }},
            refunded_amount
        ) as refunded_without_tax,
        refunded_amount,

        -- booleans: where the lines' own discounts are more than the order's,
        -- they are none
        left_by_lines >= goods_sold_for as has_line_discounts,
        cancelled_as_typed is not null as is_called_off,

        -- dates
        ordered_on,
        cancelled_on,
        refunded_on,

        -- timestamps
        ordered_at

    from sold

)

select * from final
