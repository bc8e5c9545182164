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
        nullif(trim(source.order_item_id), '') as order_item_id,
        orders.order_id,
        nullif(trim(source.product_id), '') as product_id,
        case
            when nullif(trim(source.order_item_id), '') is null
                then 'order_item_id is missing'
            when orders.order_id is null
                then 'its order is missing or set aside'
            when source.quantity <= 0 then 'quantity is not positive'
        end as set_aside_because,
        {{ row_as_json('source') }} as source_row,
        source.quantity,
        cast(source.unit_price as numeric(18, 4)) as unit_price,
        cast(source.discount as numeric(18, 4)) as discount
    from source
    left join orders on trim(source.order_id) = orders.order_id

),

numbered as (

    select
        *,
        row_number() over (
            partition by order_item_id, set_aside_because
            order by
                order_id asc nulls last,
                product_id asc nulls last,
                quantity asc nulls last,
                unit_price asc nulls last,
                discount asc nulls last
        ) as occurrence
    from cast_and_checked

),

with_reason as (

    select
        -- ids
        order_item_id,
        order_id,
        product_id,

        -- strings
        case
            when set_aside_because is not null then set_aside_because
            when occurrence > 1 then 'order_item_id occurs before'
        end as rejected_because,
        source_row,

        -- numerics
        quantity,
        unit_price,
        discount

    from numbered

)

select * from with_reason
