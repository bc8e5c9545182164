with order_days as (

    select * from {{ ref('fct_order_days') }}

),

as_of as (

    select * from {{ ref('as_of') }}

),

-- a gap that is still open has lasted until the last day known, at least
gaps as (

    select
        coalesce(
            order_days.days_to_next,
            {{ dbt.datediff(
                'order_days.ordered_on', 'as_of.as_of_on', 'day'
            ) }} - 1
        ) as gap_days,
        case when order_days.days_to_next is null then 0 else 1 end
            as is_closed
    from order_days
    cross join as_of

),

by_length as (

    select
        gap_days,
        sum(is_closed) as returned,
        sum(1 - is_closed) as still_open
    from gaps
    group by gap_days

),

at_risk as (

    select
        *,
        sum(returned + still_open) over (
            order by gap_days desc
            rows between unbounded preceding and current row
        ) as at_risk
    from by_length

),

-- a product of shares is the exponential of the sum of their logarithms; once
-- everyone at risk has returned it is 0, whose logarithm does not exist
survival as (

    select
        *,
        case
            when min(at_risk - returned) over so_far = 0 then 0
            else exp(
                sum(
                    case
                        when returned < at_risk
                            then ln(
                                1 - cast(returned as numeric(18, 6)) / at_risk
                            )
                        else 0
                    end
                ) over so_far
            )
        end as survival
    from at_risk
    window so_far as (
        order by gap_days
        rows between unbounded preceding and current row
    )

),

final as (

    select
        cast(gap_days as integer) as gap_days,
        cast(at_risk as integer) as at_risk,
        cast(returned as integer) as returned,
        cast(still_open as integer) as still_open,
        cast(survival as numeric(18, 12)) as survival
    from survival

)

select * from final
