with order_items as (

    select * from {{ ref('fct_order_items') }}

),

-- an order may hold a product on several lines
with_product_revenue as (

    select
        order_key,
        product_key,
        product_name,
        case when is_goods then 0 else 1 end as goods_rank,
        sum(revenue) over (partition by order_key, product_key)
            as product_revenue
    from order_items
    where product_key is not null

),

ranked as (

    select
        order_key,
        product_key,
        row_number() over (
            partition by order_key
            order by
                goods_rank asc,
                product_revenue desc,
                {{ bytewise('product_name') }} asc,
                product_key asc
        ) as revenue_rank
    from with_product_revenue

),

final as (

    select
        order_key,
        product_key
    from ranked
    where revenue_rank = 1

)

select * from final
