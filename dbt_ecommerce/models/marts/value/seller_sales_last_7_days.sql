with as_of as (

    select * from {{ ref('as_of') }}

),

sellers as (

    select * from {{ ref('dim_sellers') }}

),

orders as (

    select * from {{ ref('fct_orders') }}
    where is_valid

),

sales as (

    {{ sales_last_7_days('orders', 'as_of', 'seller_key') | indent(4) }}

),

final as (

    select
        -- ids
        sellers.seller_key,
        sellers.source_name,
        sellers.seller_id,

        -- strings
        sellers.seller_name,

        -- numerics
        sales.orders,
        sales.orders_before,
        sales.quantity,
        sales.quantity_before,
        sales.revenue,
        sales.revenue_before,
        sales.revenue_change

    from sales
    inner join sellers on sales.seller_key = sellers.seller_key

)

select * from final
