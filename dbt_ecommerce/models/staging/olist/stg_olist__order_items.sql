{{ config(
    enabled='olist' in var('sources'),
    materialized='table',
    indexes=[{'columns': ['order_item_id'], 'unique': true}],
) }}

with order_items as (

    select * from {{ ref('base_olist__order_items') }}
    where rejected_because is null

),

products as (

    select * from {{ ref('stg_olist__products') }}

),

final as (

    select
        -- ids
        {{ dbt.concat([
            "order_items.order_id", "'-'", "order_items.line_no"
        ]) }} as order_item_id,
        order_items.order_id,
        order_items.product_id,

        -- strings
        products.product_name,

        -- numerics
        1 as quantity,
        order_items.price as unit_price,
        cast(null as numeric(18, 4)) as discount

    from order_items
    left join products on order_items.product_id = products.product_id

)

select * from final
