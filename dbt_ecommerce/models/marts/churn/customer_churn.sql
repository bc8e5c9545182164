with orders as (

    select * from {{ ref('fct_orders') }}

),

customers as (

    select * from {{ ref('dim_customers') }}

),

as_of as (

    select * from {{ ref('as_of') }}

),

valid_orders as (

    select
        customer_key,
        min(ordered_on) as first_order_on,
        max(ordered_on) as last_order_on,
        count(*) as valid_orders,
        sum(revenue) as revenue
    from orders
    where is_valid and customer_key is not null
    group by customer_key

),

windowed as (

    select
        valid_orders.*,
        as_of.as_of_on,
        {{ dbt.datediff(
            'valid_orders.last_order_on', 'as_of.as_of_on', 'day'
        ) }} as days_since_last_order,
        {{ churned_on('valid_orders.last_order_on') }} as window_lapses_on
    from valid_orders
    cross join as_of

),

judged as (

    select
        -- ids
        windowed.customer_key,
        customers.source_name,
        customers.customer_id,

        -- numerics
        cast(windowed.valid_orders as integer) as valid_orders,
        cast(windowed.revenue as numeric(18, 2)) as revenue,
        cast(windowed.days_since_last_order as integer)
            as days_since_last_order,

        -- booleans
        windowed.window_lapses_on <= windowed.as_of_on as is_churned,

        -- dates
        windowed.first_order_on,
        windowed.last_order_on,
        case
            when windowed.window_lapses_on <= windowed.as_of_on
                then windowed.window_lapses_on
        end as churned_on,
        windowed.as_of_on

    from windowed
    inner join customers on windowed.customer_key = customers.customer_key

)

select * from judged
