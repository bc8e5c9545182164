{{ config(
    enabled='demo_shop' in var('sources'),
    materialized='table',
    indexes=[{'columns': ['order_item_id'], 'unique': true}],
) }}

with order_items as (

    select * from {{ ref('base_demo_shop__order_items') }}
    where rejected_because is null

),

products as (

    select * from {{ ref('stg_demo_shop__products') }}

),

final as (

    select
        -- ids
        order_items.order_item_id,
        order_items.order_id,
        order_items.product_id,

        -- strings
        products.product_name,

        -- numerics
        order_items.quantity,
        order_items.unit_price,
        order_items.discount

    from order_items
    left join products on order_items.product_id = products.product_id

)

select * from final
