with orders as (

    select * from {{ ref('fct_orders') }}

),

first_orders as (

    select * from {{ ref('customer_first_orders') }}

),

reasons as (

    select
        first_orders.cohort_month,
        coalesce(orders.cancellation_reason, 'unknown') as cancellation_reason,
        count(*) as cancelled_orders
    from orders
    inner join first_orders on orders.customer_key = first_orders.customer_key
    where orders.is_cancelled
    group by
        first_orders.cohort_month,
        coalesce(orders.cancellation_reason, 'unknown')

),

final as (

    select
        -- strings
        cancellation_reason,

        -- numerics
        cast(cancelled_orders as integer) as cancelled_orders,
        {{ share(
            'cancelled_orders',
            'sum(cancelled_orders) over (partition by cohort_month)'
        ) }} as share_of_cancelled,

        -- dates
        cohort_month

    from reasons

)

select * from final
