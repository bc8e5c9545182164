with products as (

    select * from {{ ref('int_products_unioned') }}

),

keyed as (

    select
        -- ids
        {{ surrogate_key('source_name', 'product_id') }} as product_key,
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

select * from keyed
