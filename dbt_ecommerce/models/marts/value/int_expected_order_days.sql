{#- enough for six digits: tests/integration/test_churn_predictions.py -#}
{%- set terms = 300 -%}

with customers as (

    select * from {{ ref('int_frequency_recency') }}

),

parameters as (

    select * from {{ ref('int_churn_model_parameters') }}
    where r is not null

),

horizons as (

    select {{ var('prediction_days') }} as horizon_days
    union
    select {{ var('ltv_days') }} as horizon_days

),

cases as (

    select distinct
        customers.frequency,
        customers.age_days,
        horizons.horizon_days
    from customers
    cross join horizons

),

-- a = 1 is nothing special to the model, only a gap in the formula
in_letters as (

    select
        cases.*,
        cases.frequency as x,
        parameters.r,
        case
            when abs(parameters.a - 1) < 0.000001 then 1.000001
            else parameters.a
        end as a,
        parameters.b,
        parameters.alpha + cast(cases.age_days as {{ type_double() }}) / 7
            as weeks_so_far,
        cast(cases.horizon_days as {{ type_double() }}) / 7 as weeks_to_come
    from cases
    cross join parameters

),

-- Euler's transformation lets r + x and a - 1 change places; with the smaller
-- one as the power neither factor overflows. `distinct` has each argument
-- computed once, not once a term.
arguments as (

    select distinct
        frequency,
        age_days,
        horizon_days,
        a + b + x as c,
        a - 1 as leaving,
        least(r + x, a - 1) as small,
        a + b + x - greatest(r + x, a - 1) as rest,
        weeks_to_come / (weeks_so_far + weeks_to_come) as z
    from in_letters

),

final as (

    select
        frequency,
        age_days,
        horizon_days,
        c / leaving * (
            1 - exp(small * ln(1 - z))
            * ({{ hyp2f1('rest', 'small', 'c', 'z', terms) }})
        ) as order_days_if_alive
    from arguments

)

select * from final
