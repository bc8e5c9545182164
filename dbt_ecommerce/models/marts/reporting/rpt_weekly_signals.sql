with as_of as (

    select * from {{ ref('as_of') }}

),

weekly_signals as (

    select * from {{ ref('weekly_signals') }}

),

final as (

    select
        -- strings
        weekly_signals.figure,
        weekly_signals.signal,

        -- numerics
        weekly_signals.usual_low,
        weekly_signals.usual_high,

        -- dates
        weekly_signals.week_starts_on,
        as_of.as_of_on

    from weekly_signals
    inner join as_of
        on weekly_signals.week_starts_on = cast(
            {{ dbt.dateadd(
                'day', -7, dbt.date_trunc('week', 'as_of.as_of_on')
            ) }} as date
        )
    where weekly_signals.signal is not null

)

select * from final
