with days as (

    select * from {{ ref('dim_dates') }}

),

as_of as (

    select * from {{ ref('as_of') }}

),

months as (

    select distinct
        days.month_starts_on,
        cast(
            {{ dbt.dateadd(
                'day', -1, dbt.dateadd('month', 1, 'days.month_starts_on')
            ) }} as date
        ) as month_ends_on
    from days

),

final as (

    select
        months.month_starts_on,
        months.month_ends_on,
        months.month_ends_on < as_of.as_of_on as is_complete
    from months
    cross join as_of

)

select * from final
