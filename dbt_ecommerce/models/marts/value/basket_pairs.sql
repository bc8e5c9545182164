with contents as (

    select * from {{ ref('int_basket_contents') }}

),

products as (

    select * from {{ ref('dim_products') }}

),

all_orders as (

    select count(*) as orders
    from contents
    where number_on_order = 1

),

-- What is too rare alone is too rare in a pair. Numbers, as a large shop has
-- tens of millions of pairs to count.
sold as (

    select
        contents.product_key,
        products.product_name,
        all_orders.orders,
        count(*) as product_orders,
        cast(row_number() over (order by contents.product_key) as integer)
            as product_number
    from contents
    inner join products on contents.product_key = products.product_key
    cross join all_orders
    group by contents.product_key, products.product_name, all_orders.orders
    having
        count(*) >= {{ var('basket_least_orders') }}
        and count(*) >= {{ var('basket_least_support') }} * all_orders.orders

),

numbered as (

    select
        contents.order_key,
        sold.product_number
    from contents
    inner join sold on contents.product_key = sold.product_key

),

pairs as (

    select
        a.product_number as product_number_a,
        b.product_number as product_number_b,
        count(*) as orders_both
    from numbered as a
    inner join numbered as b
        on
            a.order_key = b.order_key
            and a.product_number < b.product_number
    group by a.product_number, b.product_number

),

measured as (

    select
        -- ids
        a.product_key as product_key_a,
        b.product_key as product_key_b,

        -- strings
        a.product_name as product_name_a,
        b.product_name as product_name_b,

        -- numerics
        cast(a.orders as integer) as orders,
        cast(a.product_orders as integer) as orders_a,
        cast(b.product_orders as integer) as orders_b,
        cast(pairs.orders_both as integer) as orders_both,
        {{ share('pairs.orders_both', 'a.orders') }}
            as support, -- noqa: RF04
        {{ share('pairs.orders_both', 'a.product_orders') }}
            as confidence_a_to_b,
        {{ share('pairs.orders_both', 'b.product_orders') }}
            as confidence_b_to_a,
        cast(
            cast(pairs.orders_both as numeric(18, 6)) * a.orders
            / a.product_orders / b.product_orders as numeric(18, 6)
        ) as lift

    from pairs
    inner join sold as a on pairs.product_number_a = a.product_number
    inner join sold as b on pairs.product_number_b = b.product_number
    where
        pairs.orders_both >= {{ var('basket_least_orders') }}
        and pairs.orders_both
        >= {{ var('basket_least_support') }} * a.orders

)

select * from measured
