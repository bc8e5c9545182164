{{ config(
    enabled='mercado_livre' in var('sources'),
    materialized='table',
    indexes=[{'columns': ['order_id'], 'unique': true}],
) }}

with orders as (

    select * from {{ ref('base_mercado_livre__orders') }}

),

final as (

    select
        -- ids
        order_number as order_id,
        customer_id,
        cast(null as {{ dbt.type_string() }}) as seller_id,

        -- strings
        'Mercado Livre' as sales_channel,
        cancellation_reason,
        'BRL' as currency,

        -- booleans
        is_cancelled,
        is_returned,

        -- dates
        cast(sold_at as date) as ordered_on,
        cast(null as date) as cancelled_on,
        cast(null as date) as returned_on,

        -- timestamps
        {{ local_to_utc('sold_at', var('shop_time_zone')) }} as ordered_at

    from orders

)

select * from final
