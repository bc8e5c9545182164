with customer_segments as (

    select *
    from {{ ref('customer_segments') }}
    where dimension in ('all', 'state', 'channel', 'first_product')

),

customer_months as (

    select * from {{ ref('int_customer_months') }}

),

months as (

    select * from {{ ref('dim_months') }}

),

sales as (

    select
        customer_segments.dimension,
        customer_segments.segment,
        customer_months.cohort_month,
        customer_months.month_starts_on,
        count(*) as customers,
        sum(customer_months.orders) as orders,
        sum(customer_months.revenue) as revenue,
        sum(customer_months.net_revenue) as net_revenue,
        sum(customer_months.margin) as margin,
        count(customer_months.margin) as known_margins,
        count(*) - count(customer_months.margin) as unknown_margins
    from customer_months
    inner join customer_segments
        on customer_months.customer_key = customer_segments.customer_key
    group by
        customer_segments.dimension,
        customer_segments.segment,
        customer_months.cohort_month,
        customer_months.month_starts_on

),

-- a customer is of the cohort of the month in which they first ordered
cohorts as (

    select
        dimension,
        segment,
        cohort_month,
        customers as cohort_customers
    from sales
    where month_starts_on = cohort_month

),

-- every month from the cohort's own to the one that is running
filled as (

    select
        cohorts.*,
        months.month_starts_on,
        not months.is_complete as is_partial,
        coalesce(sales.customers, 0) as customers,
        coalesce(sales.orders, 0) as orders,
        coalesce(sales.revenue, 0) as revenue,
        coalesce(sales.net_revenue, 0) as net_revenue,
        coalesce(sales.margin, 0) as margin,
        coalesce(sales.known_margins, 0) as known_margins,
        coalesce(sales.unknown_margins, 0) as unknown_margins
    from cohorts
    inner join months on cohorts.cohort_month <= months.month_starts_on
    left join sales
        on
            cohorts.dimension = sales.dimension
            and cohorts.segment = sales.segment
            and cohorts.cohort_month = sales.cohort_month
            and months.month_starts_on = sales.month_starts_on

),

running as (

    select
        *,
        sum(revenue) over so_far as cumulative_revenue,
        sum(net_revenue) over so_far as cumulative_net_revenue,
        sum(margin) over so_far as cumulative_margin,
        sum(known_margins) over so_far as known_margins_so_far,
        sum(unknown_margins) over so_far as unknown_margins_so_far
    from filled
    window so_far as (
        partition by dimension, segment, cohort_month
        order by month_starts_on
        rows between unbounded preceding and current row
    )

),

with_known_margins as (

    select
        dimension,
        segment,
        cohort_month,
        month_starts_on,
        is_partial,
        cohort_customers,
        customers,
        orders,
        revenue,
        net_revenue,
        cumulative_revenue,
        cumulative_net_revenue,
        -- a month without orders brings nothing, which is known of a cohort
        -- whose costs are, but not of one of which no cost was ever known
        case
            when unknown_margins = 0 and known_margins_so_far > 0 then margin
        end as margin,
        case when unknown_margins_so_far = 0 then cumulative_margin end
            as cumulative_margin
    from running

),

final as (

    select
        -- strings
        dimension,
        segment,

        -- numerics
        cast(
            {{ dbt.datediff('cohort_month', 'month_starts_on', 'month') }}
            as integer
        ) as months_since,
        cast(cohort_customers as integer) as cohort_customers,
        cast(customers as integer) as customers,
        {{ share('customers', 'cohort_customers') }} as retention_rate,
        cast(orders as integer) as orders,
        cast(revenue as numeric(18, 2)) as revenue,
        cast(net_revenue as numeric(18, 2)) as net_revenue,
        cast(margin as numeric(18, 2)) as margin,
        cast(cumulative_revenue as numeric(18, 2)) as cumulative_revenue,
        cast(cumulative_net_revenue as numeric(18, 2))
            as cumulative_net_revenue,
        cast(cumulative_margin as numeric(18, 2)) as cumulative_margin,
        {{ quotient('cumulative_revenue', 'cohort_customers') }} as ltv_revenue,
        {{ quotient('cumulative_net_revenue', 'cohort_customers') }}
            as ltv_net_revenue,
        {{ quotient('cumulative_margin', 'cohort_customers') }} as ltv_margin,

        -- booleans
        is_partial,

        -- dates
        cohort_month,
        month_starts_on

    from with_known_margins

)

select * from final
