{{ config(materialized='view') }}

with sold as (

    {{ union_sources('order_items', [
        'order_item_id',
        'order_id',
        'product_id',
        'product_name',
        'quantity',
        'unit_price',
        'discount',
    ]) }}

),

final as (

    select
        -- ids
        {{ surrogate_key('source_name', 'order_item_id') }} as order_item_key,
        source_name,
        order_item_id,
        order_id,
        -- a file may hold '' or a blank for nothing
        case when trim(product_id) != '' then product_id end as product_id,

        -- strings
        nullif(trim(product_name), '') as product_name,

        -- numerics
        quantity,
        unit_price,
        discount

    from sold

)

select * from final
