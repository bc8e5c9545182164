with months as (

    select *
    from {{ ref('dim_months') }}
    where is_complete

),

days as (

    select * from {{ ref('dim_dates') }}

),

orders as (

    select
        *,
        cast({{ dbt.date_trunc('month', 'ordered_on') }} as date)
            as month_starts_on
    from {{ ref('fct_orders') }}
    where is_valid

),

history as (

    select min(date_day) as first_day
    from days

),

totals as (

    select
        month_starts_on,
        count(*) as orders,
        sum(revenue) as revenue
    from orders
    group by month_starts_on

),

sold as (

    select
        months.month_starts_on,
        coalesce(totals.orders, 0) as orders,
        coalesce(totals.revenue, 0) as revenue,
        -- the month in which the shop began to sell is rarely a whole one
        months.month_starts_on >= history.first_day as is_whole
    from months
    cross join history
    left join totals on months.month_starts_on = totals.month_starts_on

),

known as (

    select sum(case when is_whole then 1 else 0 end) as whole_months
    from sold

),

compared as (

    select
        sold.month_starts_on,
        sold.orders,
        sold.revenue,
        year_before.revenue as revenue_year_before,
        case when known.whole_months >= 24 then year_before.revenue end
            as base_revenue
    from sold
    cross join known
    left join sold as year_before
        on
            sold.month_starts_on = cast(
                {{ dbt.dateadd('year', 1, 'year_before.month_starts_on') }}
                as date
            )
            and year_before.is_whole

),

final as (

    select
        -- numerics
        cast(orders as integer) as orders,
        cast(revenue as numeric(18, 2)) as revenue,
        cast(revenue_year_before as numeric(18, 2)) as revenue_year_before,
        {{ quotient('revenue', 'base_revenue', digits=6) }}
            as seasonality_index,

        -- dates
        month_starts_on

    from compared

)

select * from final
