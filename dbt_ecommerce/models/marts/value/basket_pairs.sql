with contents as (

    select * from {{ ref('int_basket_contents') }}

),

products as (

    select * from {{ ref('dim_products') }}

),

sold as (

    select distinct
        contents.product_number,
        contents.product_key,
        contents.product_orders,
        contents.all_orders,
        products.product_name
    from contents
    inner join products on contents.product_key = products.product_key

),

pairs as (

    select
        a.product_number as product_number_a,
        b.product_number as product_number_b,
        count(*) as orders_both
    from contents as a
    inner join contents as b
        on
            a.order_number = b.order_number
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
        a.all_orders as orders,
        a.product_orders as orders_a,
        b.product_orders as orders_b,
        cast(pairs.orders_both as integer) as orders_both,
        {{ share('pairs.orders_both', 'a.all_orders') }}
            as support, -- noqa: RF04
        {{ share('pairs.orders_both', 'a.product_orders') }}
            as confidence_a_to_b,
        {{ share('pairs.orders_both', 'b.product_orders') }}
            as confidence_b_to_a,
        cast(
            cast(pairs.orders_both as numeric(18, 6)) * a.all_orders
            / a.product_orders / b.product_orders as numeric(18, 6)
        ) as lift

    from pairs
    inner join sold as a on pairs.product_number_a = a.product_number
    inner join sold as b on pairs.product_number_b = b.product_number
    where
        pairs.orders_both >= {{ var('basket_least_orders') }}
        and pairs.orders_both
        >= {{ var('basket_least_support') }} * a.all_orders

)

select * from measured
