{{ config(
    enabled='demo_shop' in var('sources'),
    materialized='table',
) }}

with source as (

    select * from {{ ref('raw_order_items') }}

),

orders as (

    select order_id from {{ ref('base_demo_shop__orders') }}
    where rejected_because is null

),

cast_to_types as (

    select
        nullif(trim(order_item_id), '') as order_item_id,
        trim(order_id) as order_id,
        nullif(trim(product_id), '') as product_id,
        discount as discount_as_typed,
        {{ whole_row('source') }} as source_row,
        {{ try_cast('quantity', 'integer') }} as quantity,
        {{ try_cast('unit_price', 'numeric') }} as unit_price,
        {{ try_cast('discount', 'numeric') }} as discount
    from source
    {{ computed_once() }}

),

checked as (

    select
        cast_to_types.order_item_id,
        orders.order_id,
        cast_to_types.product_id,
        case
            when cast_to_types.order_item_id is null
                then 'order_item_id is missing'
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
        end as set_aside_because,
        cast_to_types.source_row,
        cast_to_types.quantity,
        cast_to_types.unit_price,
        cast_to_types.discount
    from cast_to_types
    left join orders on cast_to_types.order_id = orders.order_id

),

judged as (

    select
        *,
        case
            when set_aside_because is not null then set_aside_because
            when
                row_number() over (
                    partition by order_item_id, set_aside_because
                    order by
                        order_id asc nulls last,
                        product_id asc nulls last,
                        quantity asc nulls last,
                        unit_price asc nulls last,
                        discount asc nulls last
                ) > 1
                then 'order_item_id occurs before'
        end as rejected_because
    from checked

),

final as (

    select
        -- ids
        order_item_id,
        order_id,
        product_id,

        -- strings
        rejected_because,
        case
            when rejected_because is not null
                then {{ row_as_json('source_row') }}
        end as source_row,

        -- numerics
        quantity,
        unit_price,
        discount

    from judged

)

select * from final
