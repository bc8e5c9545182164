-- Active customers counted anew for each of the last 26 weeks, as many as the
-- report looks back on, straight from the orders as they were known when the
-- week was over and from the definition, must be what the growth accounting
-- arrives at by adding and subtracting; and every week starts with what the one
-- before ended with.
with weeks as (

    select
        *,
        cast({{ dbt.dateadd('day', 7, 'week_starts_on') }} as date)
            as next_week_starts_on,
        lag(active_customers_at_end, 1, 0) over (
            order by week_starts_on
        ) as active_customers_at_end_of_week_before,
        row_number() over (order by week_starts_on desc) as weeks_ago
    from {{ ref('weekly_churn') }}

),

orders as (

    select
        customer_key,
        ordered_on,
        is_cancelled,
        cancelled_on,
        is_returned,
        returned_on
    from {{ ref('fct_orders') }}
    where customer_key is not null

),

recounted as (

    select
        weeks.week_starts_on,
        count(distinct orders.customer_key) as active_customers
    from weeks
    left join orders
        on
            weeks.next_week_starts_on > orders.ordered_on
            and {{ dbt.datediff(
                'orders.ordered_on', 'weeks.next_week_starts_on', 'day'
            ) }} <= {{ var('churn_window_days') }}
            and (
                not orders.is_cancelled
                or weeks.next_week_starts_on <= orders.cancelled_on
            )
            and (
                not orders.is_returned
                or weeks.next_week_starts_on <= orders.returned_on
            )
    where weeks.weeks_ago <= 26
    group by weeks.week_starts_on

)

select
    weeks.week_starts_on,
    weeks.active_customers_at_start,
    weeks.active_customers_at_end_of_week_before,
    weeks.active_customers_at_end,
    recounted.active_customers
from weeks
left join recounted on weeks.week_starts_on = recounted.week_starts_on
where
    weeks.active_customers_at_end != recounted.active_customers
    or weeks.active_customers_at_start
    != weeks.active_customers_at_end_of_week_before
