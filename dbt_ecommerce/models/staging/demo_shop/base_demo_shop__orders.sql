{{ config(enabled='demo_shop' in var('sources')) }}

with source as (

    select * from {{ ref('raw_orders') }}

),

cast_to_types as (

    select
        order_id,
        nullif(trim(customer_id), '') as customer_id,
        seller_id,
        sales_channel_id as sales_channel,
        {{ row_as_json('source') }} as source_row,
        {{ try_cast('ordered_at', 'timestamp') }} as ordered_at
    from source

),

checked as (

    select
        -- ids
        order_id,
        customer_id,
        seller_id,

        -- strings
        sales_channel,
        case
            when ordered_at is null then 'ordered_at is not a date'
            when {{ is_too_early('ordered_at') }}
                then 'ordered_at is before {{ var("earliest_order_on") }}'
        end as rejected_because,
        source_row,

        -- timestamps
        ordered_at

    from cast_to_types

)

select * from checked
