with orders as (

    select * from {{ ref('fct_orders') }}

),

first_orders as (

    select * from {{ ref('customer_first_orders') }}

),

customer_months as (

    select * from {{ ref('int_customer_months') }}

),

months as (

    select * from {{ ref('dim_months') }}

),

labelled as (

    select
        cast({{ dbt.date_trunc('month', 'orders.ordered_on') }} as date)
            as month_starts_on,
        orders.revenue,
        orders.margin,
        case
            when orders.customer_key is null then 'unknown'
            when orders.order_key = first_orders.order_key then 'new'
            else 'returning'
        end as customer_type
    from orders
    left join first_orders on orders.customer_key = first_orders.customer_key
    where orders.is_valid

),

customer_types as (

    select 'new' as customer_type
    union all
    select 'returning' as customer_type
    union all
    select 'unknown' as customer_type

),

totals as (

    select
        month_starts_on,
        customer_type,
        count(*) as orders,
        sum(revenue) as revenue,
        {{ known_sum('margin') }} as margin
    from labelled
    group by month_starts_on, customer_type

),

-- who ordered in a month and not for the first time only
returning_customers as (

    select
        month_starts_on,
        count(*) as customers
    from customer_months
    where orders > 1 or month_starts_on > cohort_month
    group by month_starts_on

),

every_month as (

    select
        months.month_starts_on,
        months.is_complete,
        customer_types.customer_type,
        case customer_types.customer_type
            -- each has one first order
            when 'new' then coalesce(totals.orders, 0)
            when 'returning' then coalesce(returning_customers.customers, 0)
            else 0
        end as customers,
        coalesce(totals.orders, 0) as orders,
        coalesce(totals.revenue, 0) as revenue,
        case when totals.orders is null then 0 else totals.margin end as margin
    from months
    cross join customer_types
    left join totals
        on
            months.month_starts_on = totals.month_starts_on
            and customer_types.customer_type = totals.customer_type
    left join returning_customers
        on months.month_starts_on = returning_customers.month_starts_on

),

final as (

    select
        -- strings
        customer_type,

        -- numerics
        cast(customers as integer) as customers,
        cast(orders as integer) as orders,
        cast(revenue as numeric(18, 2)) as revenue,
        cast(margin as numeric(18, 2)) as margin,
        {{ share('orders', 'sum(orders) over of_month') }} as orders_share,
        {{ share('revenue', 'sum(revenue) over of_month') }} as revenue_share,

        -- booleans
        not is_complete as is_partial,

        -- dates
        month_starts_on

    from every_month
    window of_month as (partition by month_starts_on)

)

select * from final
