{{ kept_up_to_date('order_key') }}

with order_items as (

    select * from {{ ref('fct_order_items') }}
    where {{ only_changed('order_key') }}

),

ranked as (

    select
        order_key,
        product_key,
        row_number() over (
            partition by order_key
            order by
                case when is_goods then 0 else 1 end asc,
                revenue desc,
                product_key asc
        ) as revenue_rank
    from order_items
    where product_key is not null

),

main_products as (

    select
        order_key,
        product_key
    from ranked
    where revenue_rank = 1

)

select * from main_products
