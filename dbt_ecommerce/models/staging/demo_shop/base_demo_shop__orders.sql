{{ config(enabled='demo_shop' in var('sources')) }}

with source as (

    select * from {{ ref('raw_orders') }}

),

cast_and_checked as (

    select
        -- ids
        order_id,
        nullif(trim(customer_id), '') as customer_id,
        seller_id,

        -- strings
        sales_channel_id as sales_channel,
        case
            when {{ try_cast('ordered_at', 'timestamp') }} is null
                then 'ordered_at is not a date'
        end as rejected_because,
        {{ row_as_json('source') }} as source_row,

        -- timestamps
        {{ try_cast('ordered_at', 'timestamp') }} as ordered_at

    from source

)

select * from cast_and_checked
