{%- set percentile = var('churn_percentile') -%}

with order_days as (

    select * from {{ ref('fct_order_days') }}

),

survival as (

    select * from {{ ref('order_gap_survival') }}

),

as_of as (

    select * from {{ ref('as_of') }}

),

gaps as (

    select
        count(days_to_next) as closed_gaps,
        count(*) - count(days_to_next) as open_gaps,
        percentile_cont(0.5) within group (order by days_to_next)
            as median_gap_days,
        percentile_cont({{ percentile }}) within group (order by days_to_next)
            as percentile_gap_days
    from order_days

),

lowest as (

    select min(survival) as survival from survival

),

-- Who has left never returns, so the curve ends at their share and not at 0:
-- the percentile is one of the returns that are to be expected.
kaplan_meier as (

    select min(survival.gap_days) as gap_days
    from survival
    cross join lowest
    where
        lowest.survival < 1
        and 1 - survival.survival >= {{ percentile }} * (1 - lowest.survival)

),

final as (

    select
        -- dates
        as_of.as_of_on,

        -- numerics
        cast({{ var('churn_window_days') }} as integer) as fixed_window_days,
        -- floating point makes 9.000000000000002 of 9
        cast(
            ceil(cast(gaps.percentile_gap_days as numeric(18, 6))) as integer
        ) as percentile_window_days,
        cast(kaplan_meier.gap_days as integer) as kaplan_meier_window_days,
        cast(gaps.median_gap_days as numeric(9, 1)) as median_gap_days,
        cast(gaps.closed_gaps as integer) as closed_gaps,
        cast(gaps.open_gaps as integer) as open_gaps,
        cast(lowest.survival as numeric(18, 12)) as never_returning_share

    from as_of
    cross join gaps
    cross join kaplan_meier
    cross join lowest

)

select * from final
