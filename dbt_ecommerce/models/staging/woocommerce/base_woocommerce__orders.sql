{{ config(
    enabled='woocommerce' in var('sources'),
    materialized='table',
) }}

with order_rows as (

    select * from {{ ref('base_woocommerce__order_rows') }}
    where order_number is not null

),

-- The plugin writes what it tells of an order into each of its rows, or into
-- the first only: each max() is of one value.
orders as (

    select
        -- ids
        order_number,
        min(row_no) as first_row_no,
        max(customer_id) as customer_id,

        -- strings
        max(status) as status,
        max(currency) as currency,
        max(email) as email,
        max(customer_name) as customer_name,
        max(city) as city,
        max(state) as state,
        max(country) as country,

        -- numerics
        coalesce(
            sum(case when is_sold and rejected_because is null then amount end),
            0
        ) as sold_for,
        coalesce(
            sum(
                case when is_sold and rejected_because is null then quantity end
            ),
            0
        ) as units,
        max(order_subtotal) as order_subtotal,
        max(cart_discount) as cart_discount,
        max(order_total) as order_total,
        max(order_tax) as order_tax,
        max(abs(refunded_amount)) as refunded_amount,

        -- dates
        min(ordered_on) as ordered_on,
        min(first_refunded_on) as first_refunded_on,

        -- timestamps
        min(ordered_at) as ordered_at

    from order_rows
    group by order_number

),

-- Where the lines have only what was kept, they are worth less than the
-- order's goods were; that is more than the cents of rounded prices.
with_left_out as (

    select
        *,
        case
            when
                order_subtotal - coalesce(cart_discount, 0) - sold_for
                > 0.01 * (units + 1)
                then order_subtotal - coalesce(cart_discount, 0) - sold_for
            else 0
        end as left_out_by_lines
    from orders

),

final as (

    select
        -- ids
        order_number,
        first_row_no,
        customer_id,

        -- strings
        status,
        currency,
        email,
        customer_name,
        city,
        state,
        country,
        case
            when ordered_on is null or ordered_at is null
                then 'Order Date is not a date'
            when {{ is_too_early('ordered_on') }}
                then 'Order Date is before {{ var("earliest_order_on") }}'
            when {{ is_too_late('ordered_on') }}
                then 'Order Date is after {{ var("latest_order_on") }}'
            when
                status in (
                    'checkout draft',
                    'auto draft',
                    'draft',
                    'rascunho',
                    'borrador',
                    'trash',
                    'lixo',
                    'papelera'
                )
                then 'a draft or thrown away, and no order'
        end as rejected_because,

        -- numerics
        sold_for,
        coalesce(
            {{ quotient(
                'refunded_amount * (order_total - coalesce(order_tax, 0))',
                'order_total'
            ) }},
            refunded_amount
        )
        - left_out_by_lines as refunded_without_tax,

        -- dates
        ordered_on,
        first_refunded_on,

        -- timestamps
        ordered_at

    from with_left_out

)

select * from final
