with first_orders as (

    select * from {{ ref('customer_first_orders') }}

),

customer_segments as (

    select * from {{ ref('customer_segments') }}

),

customer_months as (

    select * from {{ ref('int_customer_months') }}

),

months as (

    select
        *,
        max(month_starts_on) over () as last_month
    from {{ ref('dim_months') }}

),

members as (

    select
        customer_key,
        cohort_month,
        'all' as dimension,
        'all' as segment
    from first_orders

    union all

    select
        first_orders.customer_key,
        first_orders.cohort_month,
        customer_segments.dimension,
        customer_segments.segment
    from first_orders
    inner join customer_segments
        on first_orders.customer_key = customer_segments.customer_key
    where customer_segments.dimension in ('state', 'channel', 'first_product')

),

cohorts as (

    select
        dimension,
        segment,
        cohort_month,
        count(*) as cohort_customers
    from members
    group by dimension, segment, cohort_month

),

sales as (

    select
        members.dimension,
        members.segment,
        members.cohort_month,
        customer_months.months_since,
        count(*) as customers,
        sum(customer_months.orders) as orders,
        sum(customer_months.revenue) as revenue,
        sum(customer_months.margin) as margin,
        count(customer_months.margin) as known_margins,
        count(*) - count(customer_months.margin) as unknown_margins
    from members
    inner join customer_months
        on members.customer_key = customer_months.customer_key
    group by
        members.dimension,
        members.segment,
        members.cohort_month,
        customer_months.months_since

),

first_cohort as (

    select min(cohort_month) as cohort_month from cohorts

),

lengths as (

    select
        months.last_month,
        {{ dbt.datediff(
            'first_cohort.cohort_month', 'months.month_starts_on', 'month'
        ) }} as months_since
    from months
    inner join first_cohort
        on months.month_starts_on >= first_cohort.cohort_month

),

-- as many months for every cohort, those in the future too
cells as (

    select
        cohorts.*,
        lengths.months_since,
        lengths.last_month,
        cast(
            {{ dbt.dateadd(
                'month',
                'cast(lengths.months_since as integer)',
                'cohorts.cohort_month'
            ) }} as date
        ) as month_starts_on
    from cohorts
    cross join lengths

),

filled as (

    select
        cells.*,
        coalesce(sales.customers, 0) as customers,
        coalesce(sales.orders, 0) as orders,
        coalesce(sales.revenue, 0) as revenue,
        coalesce(sales.margin, 0) as margin,
        coalesce(sales.known_margins, 0) as known_margins,
        coalesce(sales.unknown_margins, 0) as unknown_margins
    from cells
    left join sales
        on
            cells.dimension = sales.dimension
            and cells.segment = sales.segment
            and cells.cohort_month = sales.cohort_month
            and cells.months_since = sales.months_since

),

running as (

    select
        *,
        sum(revenue) over so_far as cumulative_revenue,
        sum(margin) over so_far as cumulative_margin,
        sum(known_margins) over so_far as known_margins_so_far,
        sum(unknown_margins) over so_far as unknown_margins_so_far
    from filled
    window so_far as (
        partition by dimension, segment, cohort_month
        order by months_since
        rows between unbounded preceding and current row
    )

),

known as (

    select
        running.dimension,
        running.segment,
        running.cohort_month,
        running.months_since,
        running.month_starts_on,
        running.cohort_customers,
        not months.is_complete as is_partial,
        {%- for figure in [
            'customers', 'orders', 'revenue', 'cumulative_revenue'
        ] %}
        case
            when running.month_starts_on <= running.last_month
                then running.{{ figure }}
        end as {{ figure }},
        {%- endfor %}
        -- a month without orders brings nothing, which is known of a cohort
        -- whose costs are, but not of one of which no cost was ever known
        case
            when
                running.month_starts_on <= running.last_month
                and running.unknown_margins = 0
                and running.known_margins_so_far > 0
                then running.margin
        end as margin,
        case
            when
                running.month_starts_on <= running.last_month
                and running.unknown_margins_so_far = 0
                then running.cumulative_margin
        end as cumulative_margin
    from running
    left join months on running.month_starts_on = months.month_starts_on

),

final as (

    select
        -- strings
        dimension,
        segment,

        -- numerics
        cast(months_since as integer) as months_since,
        cast(cohort_customers as integer) as cohort_customers,
        cast(customers as integer) as customers,
        {{ share('customers', 'cohort_customers') }} as retention_rate,
        cast(orders as integer) as orders,
        cast(revenue as numeric(18, 2)) as revenue,
        cast(margin as numeric(18, 2)) as margin,
        cast(cumulative_revenue as numeric(18, 2)) as cumulative_revenue,
        cast(cumulative_margin as numeric(18, 2)) as cumulative_margin,
        cast(cumulative_revenue / cohort_customers as numeric(18, 2))
            as ltv_revenue,
        cast(cumulative_margin / cohort_customers as numeric(18, 2))
            as ltv_margin,

        -- booleans
        is_partial,

        -- dates
        cohort_month,
        month_starts_on

    from known

)

select * from final
