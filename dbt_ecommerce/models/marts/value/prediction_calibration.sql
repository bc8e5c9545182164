{#- of a sum of many chances as good as all is within so many deviations -#}
{%- set reach = 3 -%}
{#- a year has every season; two of the quarters foreseen are no history yet -#}
{%- set history_fits = 52 -%}
{%- set history_least_fits = 26 -%}

with deciles as (

    select * from {{ ref('int_prediction_deciles') }}

),

totals as (

    select
        fitted_on,
        sum(customers) as all_customers,
        sum(expected_returns) as all_expected,
        sum(variance) as all_variance,
        sum(returned) as all_returned
    from deciles
    group by fitted_on

),

missed as (

    select
        *,
        case
            when all_expected > 0 then all_returned / all_expected - 1
        end as miss
    from totals

),

-- The quarters of fits a week apart overlap: one differs little from the next,
-- and only all of them tell how far the model is off in the course of a year.
looked_back as (

    select
        *,
        count(miss) over (
            order by fitted_on
            rows between {{ history_fits }} preceding and 1 preceding
        ) as fits_before,
        avg(miss) over (
            order by fitted_on
            rows between {{ history_fits }} preceding and 1 preceding
        ) as mean_miss,
        {{ reach }} * stddev_samp(miss) over (
            order by fitted_on
            rows between {{ history_fits }} preceding and 1 preceding
        ) as reach
    from missed

),

judged as (

    select
        *,
        case
            when fits_before >= {{ history_least_fits }} then mean_miss - reach
        end as usual_miss_low,
        case
            when fits_before >= {{ history_least_fits }} then mean_miss + reach
        end as usual_miss_high,
        abs(all_returned - all_expected) > {{ reach }} * sqrt(all_variance)
            as is_no_chance
    from looked_back

),

final as (

    select
        -- numerics: of the tenth
        cast(deciles.weeks as integer) as weeks,
        cast(deciles.decile as integer) as decile,
        cast(deciles.customers as integer) as customers,
        cast(deciles.expected_returns as numeric(18, 2)) as expected_returns,
        cast(
            greatest(
                deciles.expected_returns
                - {{ reach }} * sqrt(deciles.variance), 0
            ) as numeric(18, 2)
        ) as expected_returns_low,
        cast(
            least(
                deciles.expected_returns
                + {{ reach }} * sqrt(deciles.variance), deciles.customers
            ) as numeric(18, 2)
        ) as expected_returns_high,
        cast(deciles.returned as integer) as returned,

        -- numerics: of all customers
        cast(judged.all_customers as integer) as all_customers,
        cast(judged.all_expected as numeric(18, 2)) as all_expected_returns,
        cast(judged.all_returned as integer) as all_returned,
        cast(judged.miss as numeric(18, 6)) as miss,
        cast(judged.usual_miss_low as numeric(18, 6)) as usual_miss_low,
        cast(judged.usual_miss_high as numeric(18, 6)) as usual_miss_high,

        -- booleans
        abs(deciles.returned - deciles.expected_returns)
        > {{ reach }} * sqrt(deciles.variance) as is_decile_off,
        judged.is_no_chance
        and judged.miss not between
        judged.usual_miss_low and judged.usual_miss_high as is_model_off,

        -- dates
        deciles.fitted_on,
        deciles.last_day_on,
        deciles.as_of_on

    from deciles
    inner join judged on deciles.fitted_on = judged.fitted_on

)

select * from final
