{{ config(enabled='demo_shop' in var('sources')) }}

with source as (

    select * from {{ ref('raw_order_items') }}

),

orders as (

    select order_id from {{ ref('base_demo_shop__orders') }}
    where rejected_because is null

),

cast_and_checked as (

    select
        -- ids
        source.order_item_id,
        source.order_id,
        source.product_id,

        -- strings
        case
            when orders.order_id is null
                then 'its order is missing or set aside'
            when source.quantity <= 0 then 'quantity is not positive'
        end as rejected_because,
        {{ row_as_json('source') }} as source_row,

        -- numerics
        source.quantity,
        cast(source.unit_price as numeric(18, 4)) as unit_price,
        cast(source.discount as numeric(18, 4)) as discount

    from source
    left join orders on source.order_id = orders.order_id

)

select * from cast_and_checked
