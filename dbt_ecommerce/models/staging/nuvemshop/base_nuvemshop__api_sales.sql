{{ config(
    enabled='nuvemshop' in var('sources'),
    materialized='table',
) }}

{%- set text = dbt.type_string() -%}
{%- set zone = var('shop_time_zone') -%}

with orders as (

    select * from {{ source('nuvemshop', 'nuvemshop__api_orders') }}

),

lines as (

    select
        orders.*,
        {{ json_field('product.item', 'name') }} as product_name,
        {{ json_field('product.item', 'price') }} as unit_price,
        {{ json_field('product.item', 'quantity') }} as quantity,
        {{ json_field('product.item', 'sku') }} as sku,
        row_number() over (
            partition by orders.id
            order by
                {{ try_cast(json_field('product.item', 'id'), 'bigint') }}
                asc nulls last
        ) as line_no
    from orders {{ json_rows('orders.products', '', 'product') }}

),

final as (

    select
        -- ids
        number as order_number,
        cast(line_no as {{ text }}) as _row,
        email_key,
        tax_id_key,
        sku,

        -- strings, as the export has them
        case
            when line_no > 1 then null
            when status = 'open' then 'Aberto'
            when status = 'closed' then 'Arquivado'
            when status = 'cancelled' then 'Cancelado'
            else status
        end as order_status,
        case payment_status
            when 'paid' then 'Confirmado'
            when 'pending' then 'Pendente'
            when 'authorized' then 'Pendente'
            when 'voided' then 'Recusado'
            when 'abandoned' then 'Abandonado'
            when 'refunded' then 'Estornado'
            else payment_status
        end as payment_status,
        cancel_reason as cancellation_reason,
        currency,
        storefront as sales_channel,
        customer_name,
        email,
        city,
        state,
        country,
        product_name,
        cast(null as {{ text }}) as is_physical,

        -- numerics
        quantity,
        unit_price,
        discount,

        -- timestamps, by the shop's clock
        cast({{ try_cast('created_at', 'timestamp', zone) }} as {{ text }})
            as ordered_at,
        cast({{ try_cast('cancelled_at', 'timestamp', zone) }} as {{ text }})
            as cancelled_at

    from lines

)

select * from final
