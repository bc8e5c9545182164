with numbers as (

    -- a century of days; more than any shop's history
    {{ dbt.generate_series(36525) }}

),

orders as (

    select * from {{ ref('orders') }}

),

as_of as (

    select * from {{ ref('as_of') }}

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

calendar as (

    select
        -- dates
        date_day,
        cast({{ dbt.date_trunc('week', 'date_day') }} as date)
            as week_starts_on,
        cast({{ dbt.date_trunc('month', 'date_day') }} as date)
            as month_starts_on,

        -- numerics
        cast(extract(year from date_day) as integer) as calendar_year,
        cast(extract(quarter from date_day) as integer) as calendar_quarter,
        cast(extract(month from date_day) as integer) as calendar_month,
        cast({{ dbt.datediff(
            dbt.date_trunc('week', 'date_day'), 'date_day', 'day'
        ) }} as integer) + 1 as iso_day_of_week

    from days
    where date_day < as_of_on

)

select * from calendar
