{#-
    The usual range is that of an XmR chart: mean ± 2.66 × mean moving range.
    2.66 is 3 ÷ 1.128: the mean distance of two values drawn from a normal
    distribution is 1.128 standard deviations.
-#}
{%- set range_weeks = 26 -%}
{%- set range_least_weeks = 8 -%}
{%- set range_factor = 2.66 -%}
{%- set weeks_shown = 26 -%}

with as_of as (

    select * from {{ ref('as_of') }}

),

weekly_churn as (

    select * from {{ ref('weekly_churn') }}

),

first_week as (

    select min(week_starts_on) as week_starts_on from weekly_churn

),

-- before a window has passed nobody can have churned: those zeros would make
-- the first real rate look out of the ordinary
telling as (

    select
        weekly_churn.week_starts_on,
        weekly_churn.churn_rate
    from weekly_churn
    cross join first_week
    where
        weekly_churn.churn_rate is not null
        and weekly_churn.week_starts_on > cast(
            {{ dbt.dateadd(
                'day', var('churn_window_days'), 'first_week.week_starts_on'
            ) }} as date
        )

),

moved as (

    select
        *,
        abs(churn_rate - lag(churn_rate) over (order by week_starts_on))
            as moving_range
    from telling

),

-- two weeks make one moving range: there is one less of them
looked_back as (

    select
        week_starts_on,
        count(*) over (
            order by week_starts_on
            rows between {{ range_weeks }} preceding and 1 preceding
        ) as weeks_before,
        avg(churn_rate) over (
            order by week_starts_on
            rows between {{ range_weeks }} preceding and 1 preceding
        ) as mean_rate,
        {{ range_factor }} * avg(moving_range) over (
            order by week_starts_on
            rows between {{ range_weeks - 1 }} preceding and 1 preceding
        ) as reach
    from moved

),

usual as (

    select
        week_starts_on,
        cast(greatest(mean_rate - reach, 0) as numeric(9, 6)) as low,
        cast(mean_rate + reach as numeric(9, 6)) as high
    from looked_back
    where weeks_before >= {{ range_least_weeks }}

),

latest as (

    select
        *,
        row_number() over (order by week_starts_on desc) as recency
    from weekly_churn

),

final as (

    select
        -- numerics
        latest.active_customers_at_end,
        latest.new_customers,
        latest.reactivated_customers,
        latest.churned_customers,
        latest.churn_rate,
        usual.low as usual_churn_rate_low,
        usual.high as usual_churn_rate_high,

        -- booleans
        latest.churn_rate not between usual.low and usual.high
            as is_churn_rate_unusual,

        -- dates
        latest.week_starts_on,
        latest.week_ends_on,
        as_of.as_of_on

    from latest
    cross join as_of
    left join usual on latest.week_starts_on = usual.week_starts_on
    where latest.recency <= {{ weeks_shown }}

)

select * from final
