with weeks as (

    select * from {{ ref('dim_weeks') }}

),

customers as (

    select * from {{ ref('customer_churn') }}

),

churn_events as (

    select * from {{ ref('churn_events') }}

),

-- An as-of date is the start of its day. Orders of a Monday belong to the week
-- it opens; a window that has lapsed by a Monday lapsed in the week before.
changes as (

    select
        {{ dbt.date_trunc('week', 'first_order_on') }} as week_starts_on,
        1 as new_customers,
        0 as churned_customers,
        0 as reactivated_customers
    from customers

    union all

    select
        {{ dbt.date_trunc(
            'week', dbt.dateadd('day', -1, 'happened_on')
        ) }} as week_starts_on,
        0 as new_customers,
        1 as churned_customers,
        0 as reactivated_customers
    from churn_events
    where event_type = 'churned'

    union all

    select
        {{ dbt.date_trunc('week', 'happened_on') }} as week_starts_on,
        0 as new_customers,
        0 as churned_customers,
        1 as reactivated_customers
    from churn_events
    where event_type = 'reactivated'

),

changes_by_week as (

    select
        weeks.week_starts_on,
        weeks.week_ends_on,
        coalesce(sum(changes.new_customers), 0) as new_customers,
        coalesce(sum(changes.churned_customers), 0) as churned_customers,
        coalesce(sum(changes.reactivated_customers), 0)
            as reactivated_customers
    from weeks
    left join changes
        on weeks.week_starts_on = cast(changes.week_starts_on as date)
    group by weeks.week_starts_on, weeks.week_ends_on

),

running as (

    select
        *,
        sum(new_customers) over (
            order by week_starts_on
            rows between unbounded preceding and current row
        ) as customers_at_end,
        sum(new_customers + reactivated_customers - churned_customers) over (
            order by week_starts_on
            rows between unbounded preceding and current row
        ) as active_customers_at_end
    from changes_by_week

),

accounted as (

    select
        *,
        active_customers_at_end
        - new_customers
        - reactivated_customers
        + churned_customers as active_customers_at_start
    from running

),

typed as (

    select
        -- dates
        week_starts_on,
        week_ends_on,

        -- numerics
        cast(active_customers_at_start as integer)
            as active_customers_at_start,
        cast(new_customers as integer) as new_customers,
        cast(reactivated_customers as integer) as reactivated_customers,
        cast(churned_customers as integer) as churned_customers,
        cast(active_customers_at_end as integer) as active_customers_at_end,
        cast(customers_at_end as integer) as customers_at_end,
        {{ share('churned_customers', 'active_customers_at_start') }}
            as churn_rate,
        {{ share(
            'customers_at_end - active_customers_at_end', 'customers_at_end'
        ) }} as inactive_share

    from accounted

)

select * from typed
