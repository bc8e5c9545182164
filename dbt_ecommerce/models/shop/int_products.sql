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

final as (

    select
        -- ids
        {{ surrogate_key('source_name', 'product_id') }} as product_key,
        source_name,
        product_id,

        -- strings: a file may hold '' or a blank for nothing
        nullif(trim(product_name), '') as product_name,
        nullif(trim(category), '') as category,

        -- numerics
        list_price,
        unit_cost,

        -- booleans
        is_goods

    from listed

)

select * from final
