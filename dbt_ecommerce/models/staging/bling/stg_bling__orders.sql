{{ config(
    enabled='bling' in var('sources'),
    materialized='table',
    indexes=[{'columns': ['order_id'], 'unique': true}],
) }}

{%- set text = dbt.type_string() -%}

with orders as (

    select *
    from {{ ref('base_bling__orders') }}
    where rejected_because is null

),

final as (

    select
        -- ids
        order_id,
        customer_id,
        cast(null as {{ text }}) as seller_id,

        -- strings
        sales_channel,
        cast(null as {{ text }}) as cancellation_reason,
        'BRL' as currency,

        -- booleans
        is_cancelled,
        is_returned,

        -- dates
        ordered_on,
        cast(null as date) as cancelled_on,
        cast(null as date) as returned_on,

        -- timestamps
        {{ local_to_utc(
            'cast(ordered_on as timestamp)', var('shop_time_zone')
        ) }} as ordered_at

    from orders

)

select * from final
