with orders as (

    select * from {{ ref('fct_orders') }}

),

order_items as (

    select * from {{ ref('fct_order_items') }}

),

products as (

    select * from {{ ref('dim_products') }}

),

numbered_orders as (

    select
        customer_key,
        order_key,
        sales_channel,
        ordered_on,
        row_number() over (
            partition by customer_key
            order by ordered_at, order_key
        ) as order_number
    from orders
    where is_valid and customer_key is not null

),

-- what the first order was mainly about: its goods of the highest revenue
ranked_items as (

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
    where is_in_valid_order and product_key is not null

),

joined as (

    select
        -- ids
        numbered_orders.customer_key,
        numbered_orders.order_key,
        ranked_items.product_key,

        -- strings
        products.product_name,
        products.category,
        numbered_orders.sales_channel,

        -- dates
        numbered_orders.ordered_on as first_order_on,
        cast(
            {{ dbt.date_trunc('month', 'numbered_orders.ordered_on') }} as date
        ) as cohort_month

    from numbered_orders
    left join ranked_items
        on
            numbered_orders.order_key = ranked_items.order_key
            and ranked_items.revenue_rank = 1
    left join products on ranked_items.product_key = products.product_key
    where numbered_orders.order_number = 1

)

select * from joined
