{{ config(
    enabled='woocommerce' in var('sources'),
    materialized='table',
) }}

{%- set text = dbt.type_string() %}

with orders as (

    select * from {{ source('woocommerce', 'woocommerce__api_orders') }}

),

items as (

    select
        orders.id,
        {{ json_field('line.item', 'name') }} as product_name,
        {{ json_field('line.item', 'sku') }} as sku,
        {{ json_field('line.item', 'quantity') }} as quantity,
        {{ json_field('line.item', 'total') }} as line_total,
        {{ json_field('line.item', 'subtotal') }} as line_subtotal,
        row_number() over (
            partition by orders.id
            order by
                {{ try_cast(json_field('line.item', 'id'), 'bigint') }}
                asc nulls last
        ) as line_no
    from orders {{ json_rows('orders.line_items', '', 'line') }}

),

refunds as (

    select
        orders.id,
        {{ try_cast(json_field('refund.item', 'total'), 'numeric') }} as amount
    from orders {{ json_rows('orders.refunds', '', 'refund') }}

),

refunded as (

    select
        id,
        sum(abs(amount)) as amount
    from refunds
    group by id

),

-- the order itself does not tell on which days
refund_days as (

    select
        order_id,
        min(date_created) as first_refunded_at
    from {{ source('woocommerce', 'woocommerce__api_refunds') }}
    group by order_id

),

final as (

    select
        -- ids
        trim(orders.number) as order_number,
        cast(coalesce(items.line_no, 1) as {{ text }}) as _row,
        orders.email_key,
        orders.phone_key,
        items.sku,

        -- strings, as the export has them
        orders.status,
        items.product_name,
        cast(null as {{ text }}) as category,
        orders.currency,
        orders.email,
        cast(null as {{ text }}) as full_name,
        orders.first_name,
        orders.last_name,
        orders.city,
        orders.state,
        orders.country,

        -- numerics
        items.quantity,
        cast(null as {{ text }}) as item_cost,
        items.line_total,
        items.line_subtotal,
        cast(null as {{ text }}) as order_subtotal,
        orders.discount_total as cart_discount,
        orders.total as order_total,
        orders.total_tax as order_tax,
        cast(refunded.amount as {{ text }}) as refunded_amount,

        -- timestamps, by the shop's clock
        orders.date_created as ordered_at,
        refund_days.first_refunded_at

    from orders
    left join items on orders.id = items.id
    left join refunded on orders.id = refunded.id
    left join refund_days on orders.id = refund_days.order_id

)

select * from final
