-- The last complete week ends with the customers of today, but for those who
-- were gained or lost since; where the as-of date is a Monday there are none.
with last_week as (

    select
        weeks.week_ends_on,
        weekly_churn.customers_at_end,
        weekly_churn.active_customers_at_end
    from {{ ref('dim_weeks') }} as weeks
    left join {{ ref('weekly_churn') }} as weekly_churn
        on weeks.week_starts_on = weekly_churn.week_starts_on
    order by weeks.week_starts_on desc
    limit 1

),

today as (

    select
        count(*) as customers,
        coalesce(sum(case when is_churned then 0 else 1 end), 0)
            as active_customers
    from {{ ref('customer_churn') }}

),

-- what is over by the Monday after the week ended in the week
changes as (

    select
        spells.spell_type,
        case when spells.began_on > last_week.week_ends_on then 1 else 0 end
        - case
            when
                spells.ended_on
                > {{ dbt.dateadd('day', 1, 'last_week.week_ends_on') }}
                then 1
            else 0
        end as gained
    from {{ ref('customer_spells') }} as spells
    cross join last_week

),

since as (

    select
        coalesce(sum(case when spell_type = 'customer' then gained end), 0)
            as customers_gained,
        coalesce(sum(case when spell_type = 'active' then gained end), 0)
            as active_customers_gained
    from changes

)

select
    last_week.week_ends_on,
    last_week.customers_at_end,
    last_week.active_customers_at_end,
    today.customers,
    today.active_customers,
    since.customers_gained,
    since.active_customers_gained
from last_week
cross join today
cross join since
where
    -- a week that weekly_churn does not have is a wrong one
    coalesce(last_week.customers_at_end, -1)
    != today.customers - since.customers_gained
    or coalesce(last_week.active_customers_at_end, -1)
    != today.active_customers - since.active_customers_gained
