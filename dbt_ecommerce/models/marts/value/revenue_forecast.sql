{#- Fifty-two weeks, so that Monday falls on Monday. -#}
{%- set season_days = 364 -%}
{%- set weeks_ahead = 4 -%}
{%- set most_backtest_weeks = 12 -%}

with numbers as (

    {{ dbt.generate_series(weeks_ahead) }}

),

as_of as (

    select * from {{ ref('as_of') }}

),

days as (

    select * from {{ ref('dim_dates') }}

),

weekly_sales as (

    select * from {{ ref('weekly_sales') }}

),

history as (

    select min(date_day) as first_day
    from days

),

-- the week in which the shop began to sell is rarely a whole one
whole_weeks as (

    select
        weekly_sales.week_starts_on,
        weekly_sales.revenue,
        cast(
            {{ dbt.dateadd('day', season_days, 'weekly_sales.week_starts_on') }}
            as date
        ) as same_week_next_year
    from weekly_sales
    inner join history on weekly_sales.week_starts_on >= history.first_day

),

next_weeks as (

    select
        cast({{ dbt.dateadd(
            'day',
            '7 * (cast(numbers.generated_number as integer) - 1)',
            dbt.date_trunc('week', 'as_of.as_of_on')
        ) }} as date) as week_starts_on,
        as_of.as_of_on
    from numbers
    cross join as_of
    where as_of.as_of_on is not null

),

tried as (

    select
        actual.revenue,
        forecast.revenue as forecast_revenue,
        row_number() over (order by actual.week_starts_on desc) as recency
    from whole_weeks as actual
    inner join whole_weeks as forecast
        on actual.week_starts_on = forecast.same_week_next_year

),

backtest as (

    select
        count(*) as weeks,
        sum(abs(revenue - forecast_revenue)) as missed_by,
        sum(revenue) as revenue
    from tried
    where recency <= {{ most_backtest_weeks }}

),

final as (

    select
        -- numerics
        whole_weeks.revenue as forecast_revenue,
        cast(backtest.weeks as integer) as backtest_weeks,
        {{ quotient('backtest.missed_by', 'backtest.revenue', digits=6) }}
            as backtest_wape,

        -- dates
        next_weeks.week_starts_on,
        next_weeks.as_of_on

    from next_weeks
    cross join backtest
    left join whole_weeks
        on next_weeks.week_starts_on = whole_weeks.same_week_next_year

)

select * from final
