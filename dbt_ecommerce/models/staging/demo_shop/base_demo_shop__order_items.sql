{{ config(enabled='demo_shop' in var('sources')) }}

with source as (

    select * from {{ ref('raw_order_items') }}

),

orders as (

    select order_id from {{ ref('base_demo_shop__orders') }}
    where rejected_because is null

),

cast_to_types as (

    select
        order_item_id,
        order_id,
        product_id,
        discount as discount_as_typed,
        {{ row_as_json('source') }} as source_row,
        {{ try_cast('quantity', 'integer') }} as quantity,
        {{ try_cast('unit_price', 'numeric') }} as unit_price,
        {{ try_cast('discount', 'numeric') }} as discount
    from source

),

checked as (

    select
        -- ids
        cast_to_types.order_item_id,
        cast_to_types.order_id,
        cast_to_types.product_id,

        -- strings
        case
            when orders.order_id is null
                then 'its order is missing or set aside'
            when cast_to_types.quantity is null
                then 'quantity is not a whole number'
            when cast_to_types.quantity <= 0 then 'quantity is not positive'
            when cast_to_types.unit_price is null
                then 'unit_price is not a number'
            when cast_to_types.unit_price < 0 then 'unit_price is negative'
            when {{ is_too_large(
                'cast_to_types.quantity * cast_to_types.unit_price',
                'cast_to_types.quantity'
            ) }}
                then 'quantity or unit_price is too large'
            when
                cast_to_types.discount is null
                and cast_to_types.discount_as_typed is not null
                then 'discount is not a number'
            when {{ is_too_large('cast_to_types.discount') }}
                then 'discount is too large'
        end as rejected_because,
        cast_to_types.source_row,

        -- numerics
        cast_to_types.quantity,
        cast_to_types.unit_price,
        cast_to_types.discount

    from cast_to_types
    left join orders on cast_to_types.order_id = orders.order_id

)

select * from checked
