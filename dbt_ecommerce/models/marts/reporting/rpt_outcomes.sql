{#- the list of a month ago: long enough ago for many to have come back -#}
{%- set told_weeks = 4 -%}

with as_of as (

    select * from {{ ref('as_of') }}

),

outcomes as (

    select * from {{ ref('retention_outcomes') }}

),

calibration as (

    select * from {{ ref('prediction_calibration') }}

),

-- each list is told of once, in the week in which its time is over
ended_lists as (

    select
        outcomes.*,
        row_number() over (order by outcomes.listed_on desc) as recency
    from outcomes
    inner join as_of
        on
            outcomes.horizon_ends_on
            > {{ dbt.dateadd('day', -7, 'as_of.as_of_on') }}
    where
        outcomes.horizon_weeks = {{ told_weeks }}
        and outcomes.told_customers > 0

),

latest_fits as (

    select
        calibration.*,
        row_number() over (order by calibration.fitted_on desc) as recency
    from calibration
    where calibration.decile = 1

),

final as (

    select
        -- strings
        ended_lists.effect,

        -- numerics: the list
        ended_lists.horizon_weeks,
        ended_lists.told_customers,
        ended_lists.told_returned,
        ended_lists.told_expected,
        ended_lists.told_revenue,
        ended_lists.control_customers,
        ended_lists.control_returned,

        -- numerics: the model
        latest_fits.weeks as predicted_weeks,
        latest_fits.all_expected_returns as predicted_returns,
        latest_fits.all_returned as actual_returns,

        -- booleans
        coalesce(latest_fits.is_model_off, false) as is_model_off,

        -- dates
        ended_lists.listed_on,
        as_of.as_of_on

    from as_of
    left join ended_lists on ended_lists.recency = 1
    left join latest_fits on latest_fits.recency = 1

)

select * from final
