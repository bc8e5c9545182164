{{ config(materialized='view') }}

with listed as (

    {{ union_sources('products', [
        'product_id',
        'product_name',
        'category',
        'list_price',
        'unit_cost',
        'is_goods',
    ]) }}

),

-- a file may hold '' or a blank for nothing
trimmed as (

    select
        -- ids
        source_name,
        product_id,

        -- strings
        nullif(trim(product_name), '') as product_name,
        nullif(trim(category), '') as category,

        -- numerics
        list_price,
        unit_cost,

        -- booleans
        is_goods

    from listed

)

select * from trimmed
