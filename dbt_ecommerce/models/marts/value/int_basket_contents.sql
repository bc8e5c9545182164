{#-
    A table of its own, with statistics, and with numbers for the keys: a large shop
    has tens of millions of pairs to count.
-#}
with order_items as (

    select * from {{ ref('fct_order_items') }}

),

-- a product twice on an order is on it once
contents as (

    select distinct
        order_key,
        product_key
    from order_items
    where is_in_valid_order and is_goods and product_key is not null

),

numbered_orders as (

    select
        order_key,
        row_number() over (order by order_key) as order_number,
        count(*) over () as all_orders
    from contents
    group by order_key

),

thresholds as (

    select
        all_orders,
        greatest(
            {{ var('basket_least_orders') }},
            {{ var('basket_least_support') }} * all_orders
        ) as least_orders
    from numbered_orders
    where order_number = 1

),

-- what is too rare alone is too rare in a pair
frequent_products as (

    select
        contents.product_key,
        count(*) as product_orders,
        row_number() over (order by contents.product_key) as product_number
    from contents
    cross join thresholds
    group by contents.product_key, thresholds.least_orders
    having count(*) >= thresholds.least_orders

),

numbered as (

    select
        -- ids
        contents.product_key,

        -- numerics
        cast(numbered_orders.order_number as integer) as order_number,
        cast(frequent_products.product_number as integer) as product_number,
        cast(frequent_products.product_orders as integer) as product_orders,
        cast(numbered_orders.all_orders as integer) as all_orders

    from contents
    inner join numbered_orders
        on contents.order_key = numbered_orders.order_key
    inner join frequent_products
        on contents.product_key = frequent_products.product_key

)

select * from numbered
