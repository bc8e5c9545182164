{{ config(
    enabled='olist' in var('sources'),
    materialized='table',
) }}

with source as (

    select * from {{ source('olist', 'olist__olist_order_items_dataset') }}

),

orders as (

    select order_id from {{ ref('base_olist__orders') }}
    where rejected_because is null

),

cast_to_types as (

    select
        trim(order_id) as order_id,
        product_id,
        seller_id,
        nullif(
            trim(cast(order_item_id as {{ dbt.type_string() }})), ''
        ) as line_no,
        {{ whole_row('source') }} as source_row,
        {{ try_cast('price', 'numeric') }} as price
    from source
    {{ computed_once() }}

),

checked as (

    select
        cast_to_types.order_id,
        cast_to_types.product_id,
        cast_to_types.seller_id,
        cast_to_types.line_no,
        case
            when orders.order_id is null
                then 'its order is missing or set aside'
            when cast_to_types.line_no is null
                then 'order_item_id is missing'
            when cast_to_types.price is null then 'price is not a number'
            when cast_to_types.price < 0 then 'price is negative'
            when {{ is_too_large('cast_to_types.price') }}
                then 'price is too large'
        end as set_aside_because,
        cast_to_types.source_row,
        cast_to_types.price
    from cast_to_types
    left join orders on cast_to_types.order_id = orders.order_id

),

-- the first row that can be used is the line
judged as (

    select
        *,
        case
            when set_aside_because is not null then set_aside_because
            when
                row_number() over (
                    partition by order_id, line_no, set_aside_because
                    order by product_id asc nulls last, price asc
                ) > 1
                then 'order_item_id occurs before in its order'
        end as rejected_because
    from checked

),

final as (

    select
        order_id,
        product_id,
        seller_id,
        line_no,
        rejected_because,
        case
            when rejected_because is not null
                then {{ row_as_json('source_row') }}
        end as source_row,
        price
    from judged

)

select * from final
