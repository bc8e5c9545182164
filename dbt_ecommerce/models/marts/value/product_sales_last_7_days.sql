with as_of as (

    select * from {{ ref('as_of') }}

),

products as (

    select * from {{ ref('dim_products') }}

),

order_items as (

    select * from {{ ref('fct_order_items') }}
    where is_in_valid_order

),

sales as (

    {{ sales_last_7_days('order_items', 'as_of', 'product_key') | indent(4) }}

),

final as (

    select
        -- ids
        products.product_key,
        products.source_name,
        products.product_id,

        -- strings
        products.product_name,
        products.category,

        -- numerics
        sales.orders,
        sales.orders_before,
        sales.quantity,
        sales.quantity_before,
        sales.revenue,
        sales.revenue_before,
        sales.revenue_change,

        -- booleans
        products.is_goods

    from sales
    inner join products on sales.product_key = products.product_key

)

select * from final
