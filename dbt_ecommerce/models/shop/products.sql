with products as (

    {{ union_sources('products', [
        'product_id',
        'product_name',
        'category',
        'list_price',
        'unit_cost',
        'is_goods',
    ]) }}

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
