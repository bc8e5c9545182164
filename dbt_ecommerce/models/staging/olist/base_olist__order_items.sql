{{ config(enabled='olist' in var('sources')) }}

with source as (

    select * from {{ source('olist', 'olist__olist_order_items_dataset') }}

),

orders as (

    select order_id from {{ ref('base_olist__orders') }}
    where rejected_because is null

),

cast_and_checked as (

    select
        source.order_id,
        source.product_id,
        source.seller_id,
        cast(source.order_item_id as {{ dbt.type_string() }}) as line_no,
        case
            when orders.order_id is null
                then 'its order is missing or set aside'
            when {{ try_cast('source.price', 'numeric') }} is null
                then 'price is not a number'
            when {{ try_cast('source.price', 'numeric') }} < 0
                then 'price is negative'
        end as rejected_because,
        {{ row_as_json('source') }} as source_row,
        {{ try_cast('source.price', 'numeric') }} as price
    from source
    left join orders on source.order_id = orders.order_id

)

select * from cast_and_checked
