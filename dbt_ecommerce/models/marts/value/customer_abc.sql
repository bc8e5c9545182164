with order_days as (

    select * from {{ ref('fct_order_days') }}

),

customers as (

    select * from {{ ref('dim_customers') }}

),

bought as (

    select
        customer_key,
        orders_so_far as valid_orders,
        revenue_so_far as revenue
    from order_days
    where next_order_on is null

),

classified as (

    {{ abc_classes('bought', 'customer_key') | indent(4) }}

),

final as (

    select
        -- ids
        customers.customer_key,
        customers.source_name,
        customers.customer_id,

        -- strings
        customers.customer_name,
        classified.abc_class,

        -- numerics
        cast(classified.valid_orders as integer) as valid_orders,
        cast(classified.revenue as numeric(18, 2)) as revenue,
        cast(classified.revenue_rank as integer) as revenue_rank,
        classified.revenue_share,
        classified.cumulative_share_before

    from classified
    inner join customers
        on classified.customer_key = customers.customer_key

)

select * from final
