{%- set weeks_shown = 26 -%}

with as_of as (

    select * from {{ ref('as_of') }}

),

weekly_churn as (

    select * from {{ ref('weekly_churn') }}

),

signals as (

    select *
    from {{ ref('weekly_signals') }}
    where figure = 'churn_rate'

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
        cast(signals.usual_low as numeric(9, 6)) as usual_churn_rate_low,
        cast(signals.usual_high as numeric(9, 6)) as usual_churn_rate_high,

        -- booleans
        signals.signal != 'usual' as is_churn_rate_unusual,

        -- dates
        latest.week_starts_on,
        latest.week_ends_on,
        as_of.as_of_on

    from latest
    cross join as_of
    left join signals on latest.week_starts_on = signals.week_starts_on
    where latest.recency <= {{ weeks_shown }}

)

select * from final
