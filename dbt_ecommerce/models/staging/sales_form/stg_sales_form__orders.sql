{{ config(enabled='sales_form' in var('sources')) }}

{%- set text = dbt.type_string() -%}

with sales as (

    select * from {{ ref('base_sales_form__sales') }}
    where rejected_because is null and not is_voided

),

final as (

    select
        -- ids
        source_name,
        order_id,
        customer_id,
        seller_id,

        -- strings
        sales_channel,
        cast(null as {{ text }}) as cancellation_reason,
        currency,

        -- booleans: a sale that was taken back is voided
        false as is_cancelled,
        false as is_returned,

        -- dates
        sold_on as ordered_on,
        cast(null as date) as cancelled_on,
        cast(null as date) as returned_on,

        -- timestamps
        {{ local_to_utc(
            'cast(sold_on as timestamp)', var('shop_time_zone')
        ) }} as ordered_at

    from sales

)

select * from final
