with products as (

    select * from {{ ref('int_products') }}

),

final as (

    select
        -- ids
        product_key,
        source_name,
        product_id,

        -- strings
        product_name,
        category,

        -- numerics
        list_price,
        unit_cost,

        -- booleans
        is_goods

    from products

)

select * from final
