with first_orders as (

    select * from {{ ref('customer_first_orders') }}

),

customers as (

    select * from {{ ref('dim_customers') }}

),

final as (

    select
        -- ids
        first_orders.customer_key,
        customers.source_name,

        -- strings
        -- the same channel as in customer_segments
        coalesce(
            customers.acquisition_channel, first_orders.sales_channel, 'unknown'
        ) as acquisition_channel,

        -- dates
        first_orders.cohort_month

    from first_orders
    inner join customers on first_orders.customer_key = customers.customer_key

)

select * from final
