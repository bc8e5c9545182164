with days as (

    select * from {{ ref('dim_dates') }}

),

as_of as (

    select * from {{ ref('as_of') }}

),

weeks as (

    select distinct
        days.week_starts_on,
        cast({{ dbt.dateadd('day', 6, 'days.week_starts_on') }} as date)
            as week_ends_on
    from days

),

final as (

    select weeks.*
    from weeks
    inner join as_of on weeks.week_ends_on < as_of.as_of_on

)

select * from final
