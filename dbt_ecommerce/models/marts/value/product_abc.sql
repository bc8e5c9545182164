with product_days as (

    select * from {{ ref('int_product_days') }}

),

products as (

    select * from {{ ref('dim_products') }}

),

sold as (

    select
        product_key,
        sum(quantity) as quantity,
        sum(orders) as orders,
        max(highest_unit_price) as highest_unit_price,
        sum(revenue) as revenue,
        {{ known_sum('margin') }} as margin
    from product_days
    group by product_key

),

classified as (

    {{ abc_classes('sold', 'product_key') | indent(4) }}

),

final as (

    select
        -- ids
        products.product_key,
        products.source_name,
        products.product_id,

        -- strings
        products.product_name,
        products.category,
        classified.abc_class,

        -- numerics
        cast(classified.quantity as numeric(18, 4)) as quantity,
        cast(classified.orders as integer) as orders,
        cast(classified.highest_unit_price as numeric(18, 4))
            as highest_unit_price,
        cast(classified.margin as numeric(18, 2)) as margin,
        cast(classified.revenue as numeric(18, 2)) as revenue,
        cast(classified.revenue_rank as integer) as revenue_rank,
        classified.revenue_share,
        classified.cumulative_share_before,

        -- booleans
        products.is_goods

    from classified
    inner join products on classified.product_key = products.product_key

)

select * from final
