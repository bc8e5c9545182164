{{ config(materialized='view') }}

with sold as (

    {{ union_sources(
        'order_items',
        [
            'order_item_id',
            'order_id',
            'product_id',
            'product_name',
            'quantity',
            'unit_price',
            'discount',
        ],
        optional_columns={
            'amount': 'numeric(18, 4)',
            'unit_cost': 'numeric(18, 4)',
        }
    ) }}

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
        cast(quantity as numeric(18, 4)) as quantity,
        unit_price,
        discount,
        coalesce(amount, cast(quantity * unit_price as numeric(18, 4)))
            as revenue,
        unit_cost

    from sold

)

select * from final
