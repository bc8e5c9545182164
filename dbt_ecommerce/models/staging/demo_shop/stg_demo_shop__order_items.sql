{{ config(enabled='demo_shop' in var('sources')) }}

with order_items as (

    select * from {{ ref('base_demo_shop__order_items') }}
    where rejected_because is null

),

final as (

    select
        -- ids
        order_item_id,
        order_id,
        product_id,

        -- strings: the name that a product was sold under is not known
        cast(null as {{ dbt.type_string() }}) as product_name,

        -- numerics
        quantity,
        unit_price,
        discount

    from order_items

)

select * from final
