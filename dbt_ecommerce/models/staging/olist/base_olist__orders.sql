{{ config(enabled='olist' in var('sources')) }}

with source as (

    select * from {{ source('olist', 'olist__olist_orders_dataset') }}

),

cast_and_checked as (

    select
        order_id,
        customer_id,
        order_status,
        case
            when order_id is null then 'order_id is missing'
            when
                {{ try_cast('order_purchase_timestamp', 'timestamp') }} is null
                then 'order_purchase_timestamp is not a date'
        end as rejected_because,
        {{ row_as_json('source') }} as source_row,
        {{ try_cast('order_purchase_timestamp', 'timestamp') }} as purchased_at
    from source

)

select * from cast_and_checked
