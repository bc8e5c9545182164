with orders as (

    select * from {{ ref('fct_orders') }}

),

main_products as (

    select * from {{ ref('int_main_products') }}

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
            order by {{ by_time() | indent(12) }}
        ) as order_number
    from orders
    where
        is_valid
        and customer_key is not null

),

final as (

    select
        -- ids
        numbered_orders.customer_key,
        numbered_orders.order_key,
        main_products.product_key,

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
    left join main_products
        on numbered_orders.order_key = main_products.order_key
    left join products on main_products.product_key = products.product_key
    where numbered_orders.order_number = 1

)

select * from final
