{{ config(
    enabled='shopify' in var('sources'),
    materialized='table',
) }}

{%- set text = dbt.type_string() -%}
{%- set zone = var('shop_time_zone') -%}

with orders as (

    select * from {{ source('shopify', 'shopify__api_orders') }}

),

refunded as (

    select
        order_name,
        sum(amount) as amount
    from {{ ref('base_shopify__api_refunds') }}
    group by order_name

),

of_goods as (

    select
        orders.id as order_id,
        {{ try_cast(json_field('line.item', 'id'), 'bigint') }} as line_id,
        {{ json_field('line.item', 'name') }} as lineitem_name,
        {{ json_field('line.item', 'sku') }} as lineitem_sku,
        {{ json_field('line.item', 'vendor') }} as vendor,
        {{ json_field('line.item', 'quantity') }} as lineitem_quantity,
        {{ json_field('line.item', 'price') }} as lineitem_price,
        {{ json_field('line.item', 'discount') }} as lineitem_discount
    from orders {{ json_rows('orders.line_items', '', 'line') }}

),

tipped as (

    select distinct order_id from of_goods
    where lower(lineitem_name) = 'tip'

),

-- the export has the tip as a line
lines as (

    select * from of_goods

    union all

    select
        orders.id as order_id,
        cast(null as bigint) as line_id,
        'Tip' as lineitem_name,
        cast(null as {{ text }}) as lineitem_sku,
        cast(null as {{ text }}) as vendor,
        '1' as lineitem_quantity,
        cast(orders.tips as {{ text }}) as lineitem_price,
        '0' as lineitem_discount
    from orders
    left join tipped on orders.id = tipped.order_id
    where orders.tips > 0 and tipped.order_id is null

),

numbered as (

    select
        *,
        row_number() over (
            partition by order_id
            order by line_id asc nulls last
        ) as line_no
    from lines

),

final as (

    select
        -- ids
        orders.name as order_name,
        'API' as _file,
        numbered.line_no as _row,
        orders.email_key,
        orders.phone_key,
        orders.billing_phone_key,
        orders.shipping_phone_key,
        orders.customer_id as shopify_customer_id,
        numbered.lineitem_sku,

        -- strings, as the export has them
        numbered.lineitem_name,
        numbered.vendor,
        orders.financial_status,
        orders.currency,
        case when orders.test then '(for testing) Bogus Gateway' end
            as payment_method,
        orders.source,
        orders.email,
        cast(null as {{ text }}) as billing_name,
        orders.billing_city,
        orders.billing_province,
        orders.billing_country,
        orders.shipping_city,
        orders.shipping_province,
        orders.shipping_country,

        -- numerics
        numbered.lineitem_quantity,
        numbered.lineitem_price,
        numbered.lineitem_discount,
        {%- for amount in [
            'subtotal', 'shipping', 'taxes', 'total', 'discount_amount',
        ] %}
        cast(orders.{{ amount }} as {{ text }}) as {{ amount }},
        {%- endfor %}
        cast(coalesce(refunded.amount, 0) as {{ text }}) as refunded_amount,

        -- timestamps, by the shop's clock
        cast(
            {{ try_cast('orders.created_at', 'timestamp', zone) }} as {{ text }}
        ) as created_at,
        cast(
            {{ try_cast('orders.cancelled_at', 'timestamp', zone) }}
            as {{ text }}
        ) as cancelled_at

    from numbered
    inner join orders on numbered.order_id = orders.id
    left join refunded on orders.name = refunded.order_name

)

select * from final
