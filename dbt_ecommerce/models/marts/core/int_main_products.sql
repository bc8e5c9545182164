with order_items as (

    select * from {{ ref('fct_order_items') }}

),

-- an order may hold a product on several lines
by_product as (

    select
        order_key,
        product_key,
        min(case when is_goods then 0 else 1 end) as goods_rank,
        sum(revenue) as revenue,
        min({{ bytewise('product_name') }}) as product_name
    from order_items
    where product_key is not null
    group by order_key, product_key

),

ranked as (

    select
        order_key,
        product_key,
        row_number() over (
            partition by order_key
            order by
                goods_rank asc,
                revenue desc,
                {{ bytewise('product_name') }} asc,
                product_key asc
        ) as revenue_rank
    from by_product

),

final as (

    select
        order_key,
        product_key
    from ranked
    where revenue_rank = 1

)

select * from final
