with customers as (

    select * from {{ ref('int_frequency_recency') }}

),

parameters as (

    select * from {{ ref('int_churn_model_parameters') }}

),

expected_order_days as (

    select * from {{ ref('int_expected_order_days') }}

),

in_weeks as (

    select
        *,
        cast(recency_days as {{ type_double() }}) / 7 as recency_weeks,
        cast(age_days as {{ type_double() }}) / 7 as age_weeks
    from customers

),

scored as (

    select
        in_weeks.*,
        parameters.as_of_on,
        parameters.parameters_as_of_on,
        ln(parameters.a) - ln(parameters.b + in_weeks.frequency)
        + (parameters.r + in_weeks.frequency) * ln(
            (parameters.alpha + in_weeks.age_weeks)
            / (parameters.alpha + in_weeks.recency_weeks)
        ) as log_odds_gone,
        parameters.p * (parameters.gamma + in_weeks.repeat_revenue)
        / (parameters.p * in_weeks.frequency + parameters.q - 1)
            as expected_spend
    from in_weeks
    cross join parameters

),

-- beyond e^500 the probability is 0 to every digit, and exp() overflows
predicted as (

    select
        *,
        1 / (1 + exp(
            case when log_odds_gone > 500 then 500 else log_odds_gone end
        )) as probability_alive
    from scored

),

with_order_days as (

    select
        predicted.*,
        predicted.probability_alive * soon.order_days_if_alive
            as expected_order_days,
        predicted.probability_alive * ltv.order_days_if_alive
            as expected_order_days_ltv
    from predicted
    left join expected_order_days as soon
        on
            predicted.frequency = soon.frequency
            and predicted.age_days = soon.age_days
            and soon.horizon_days = {{ var('prediction_days') }}
    left join expected_order_days as ltv
        on
            predicted.frequency = ltv.frequency
            and predicted.age_days = ltv.age_days
            and ltv.horizon_days = {{ var('ltv_days') }}

),

final as (

    select
        -- ids
        customer_key,

        -- numerics: what is known
        cast(frequency as integer) as frequency,
        recency_weeks,
        age_weeks,
        {{ quotient('repeat_revenue', 'frequency', digits=4) }}
            as mean_repeat_spend,

        -- numerics: what is expected
        probability_alive,
        expected_order_days,
        cast(expected_spend as numeric(18, 2)) as expected_spend,
        cast(expected_order_days * expected_spend as numeric(18, 2))
            as expected_revenue,
        expected_order_days_ltv,
        cast(expected_order_days_ltv * expected_spend as numeric(18, 2))
            as expected_revenue_ltv,

        -- dates
        as_of_on,
        parameters_as_of_on

    from with_order_days

)

select * from final
