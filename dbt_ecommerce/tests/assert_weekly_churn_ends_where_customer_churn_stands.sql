-- Customers today = customers at the end of the last complete week, where the
-- as-of date is a Monday; otherwise at least as many.
with last_week as (

    select
        week_ends_on,
        customers_at_end,
        active_customers_at_end
    from {{ ref('weekly_churn') }}
    order by week_starts_on desc
    limit 1

),

today as (

    select
        as_of_on,
        count(*) as customers,
        sum(case when is_churned then 0 else 1 end) as active_customers
    from {{ ref('customer_churn') }}
    group by as_of_on

)

select
    last_week.week_ends_on,
    last_week.customers_at_end,
    last_week.active_customers_at_end,
    today.customers,
    today.active_customers
from last_week
cross join today
where
    last_week.customers_at_end > today.customers
    or (
        today.as_of_on
        = {{ dbt.dateadd('day', 1, 'last_week.week_ends_on') }}
        and (
            last_week.customers_at_end != today.customers
            or last_week.active_customers_at_end != today.active_customers
        )
    )
