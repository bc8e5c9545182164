with products as (

    select * from {{ ref('dim_products') }}

),

-- int_basket_contents is named where it is read: what is read twice as one CTE
-- Postgres writes out first, and knows no statistics of it
counted as (

    select
        product_key,
        count(*) as product_orders,
        sum(case when number_on_order = 1 then 1 else 0 end) as first_on_orders
    from {{ ref('int_basket_contents') }}
    group by product_key

),

of_all_orders as (

    select
        product_key,
        product_orders,
        sum(first_on_orders) over () as orders
    from counted

),

-- What is too rare alone is too rare in a pair. Numbers, as a large shop has
-- tens of millions of pairs to count.
sold as (

    select
        of_all_orders.product_key,
        products.product_name,
        of_all_orders.orders,
        of_all_orders.product_orders,
        cast(
            row_number() over (order by of_all_orders.product_key) as integer
        ) as product_number
    from of_all_orders
    inner join products on of_all_orders.product_key = products.product_key
    where
        of_all_orders.product_orders >= {{ var('basket_least_orders') }}
        and of_all_orders.product_orders
        >= {{ var('basket_least_support') }} * of_all_orders.orders

),

numbered as (

    select
        contents.order_key,
        sold.product_number
    from {{ ref('int_basket_contents') }} as contents
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

final as (

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
        {{ quotient(
            'cast(pairs.orders_both as numeric(18, 0)) * a.orders',
            'cast(a.product_orders as numeric(18, 0)) * b.product_orders',
            digits=6
        ) }} as lift

    from pairs
    inner join sold as a on pairs.product_number_a = a.product_number
    inner join sold as b on pairs.product_number_b = b.product_number
    where
        pairs.orders_both >= {{ var('basket_least_orders') }}
        and pairs.orders_both
        >= {{ var('basket_least_support') }} * a.orders

)

select * from final
