with numbers as (

    -- a century of days; more than any shop's history
    {{ dbt.generate_series(36525) }}

),

orders as (

    select * from {{ ref('fct_orders') }}

),

as_of as (

    select * from {{ ref('as_of') }}

),

holidays as (

    select * from {{ ref('holidays_of_brazil') }}

),

history as (

    select
        min(orders.ordered_on) as first_order_on,
        max(as_of.as_of_on) as as_of_on
    from orders
    cross join as_of

),

days as (

    select
        cast(
            {{ dbt.dateadd(
                'day',
                'cast(numbers.generated_number as integer) - 1',
                'history.first_order_on'
            ) }} as date
        ) as date_day,
        history.as_of_on
    from numbers
    cross join history

),

in_weeks as (

    select
        date_day,
        cast({{ dbt.date_trunc('week', 'date_day') }} as date)
            as week_starts_on,
        -- an ISO week belongs to the year that its Thursday lies in
        cast(
            {{ dbt.dateadd('day', 3, dbt.date_trunc('week', 'date_day')) }}
            as date
        ) as thursday
    from days
    where date_day < as_of_on

),

final as (

    select
        -- dates
        in_weeks.date_day,
        in_weeks.week_starts_on,
        cast({{ dbt.date_trunc('month', 'in_weeks.date_day') }} as date)
            as month_starts_on,

        -- strings
        holidays.holiday_name as holiday_of_brazil,

        -- numerics
        cast(extract(year from in_weeks.date_day) as integer)
            as calendar_year,
        cast(extract(quarter from in_weeks.date_day) as integer)
            as calendar_quarter,
        cast(extract(month from in_weeks.date_day) as integer)
            as calendar_month,
        cast(extract(year from in_weeks.thursday) as integer) as iso_year,
        cast(floor({{ dbt.datediff(
            dbt.date_trunc('year', 'in_weeks.thursday'),
            'in_weeks.thursday',
            'day'
        ) }} / 7) as integer) + 1 as iso_week,
        cast({{ dbt.datediff(
            'in_weeks.week_starts_on', 'in_weeks.date_day', 'day'
        ) }} as integer) + 1 as iso_day_of_week

    from in_weeks
    left join holidays on in_weeks.date_day = holidays.holiday_on

)

select * from final
