-- What the segments of a dimension contributed is the whole change of the
-- churn rate, of the last week and of the last month.
with rates as (

    select
        period,
        starts_on,
        1.0 * churned_from_start / nullif(active_customers_at_start, 0)
            as churn_rate
    from {{ ref('int_growth_accounting') }}
    where dimension = 'all'

),

changes as (

    select
        period,
        starts_on,
        churn_rate - lag(churn_rate) over (
            partition by period
            order by starts_on
        ) as rate_change
    from rates

),

contributions as (

    select
        period,
        starts_on,
        dimension,
        sum(contribution) as contribution
    from {{ ref('churn_drivers') }}
    group by period, starts_on, dimension

)

select
    contributions.*,
    changes.rate_change
from contributions
inner join changes
    on
        contributions.period = changes.period
        and contributions.starts_on = changes.starts_on
where
    changes.rate_change is null
    or abs(contributions.contribution - changes.rate_change) > 0.000000001
