{{ config(enabled='olist' in var('sources')) }}

{%- set earliest = var('earliest_order_on') %}

with source as (

    select * from {{ source('olist', 'olist__olist_orders_dataset') }}

),

cast_to_types as (

    select
        order_id,
        customer_id,
        order_status,
        {{ row_as_json('source') }} as source_row,
        {{ try_cast(
            'order_purchase_timestamp', 'timestamp', 'America/Sao_Paulo'
        ) }} as purchased_at,
        row_number() over (
            partition by order_id
            order by
                order_purchase_timestamp asc nulls last,
                customer_id asc nulls last,
                order_status asc nulls last
        ) as occurrence
    from source

),

checked as (

    select
        order_id,
        customer_id,
        order_status,
        case
            when order_id is null then 'order_id is missing'
            when purchased_at is null
                then 'order_purchase_timestamp is not a date'
            when {{ is_too_early('purchased_at') }}
                then 'order_purchase_timestamp is before {{ earliest }}'
            when occurrence > 1 then 'order_id occurs before'
        end as rejected_because,
        source_row,
        purchased_at
    from cast_to_types

)

select * from checked
