with list as (

    select * from {{ ref('rpt_customers_at_risk') }}

),

customers_at_risk as (

    select
        *,
        cast(value_at_stake as numeric(18, 2)) as rounded_value_at_stake
    from {{ ref('int_customers_at_risk') }}

),

parameters as (

    select * from {{ ref('int_churn_model_parameters') }}

),

-- A list may be cut where little is at stake: who would not have been in it is
-- no control of those who are.
least_listed as (

    select min(coalesce(value_at_stake, 0)) as value_at_stake from list

),

final as (

    select
        -- ids
        customers_at_risk.customer_key,

        -- numerics
        list.risk_rank,
        customers_at_risk.probability_alive,
        customers_at_risk.expected_order_days,
        {{ var('prediction_days') }} as prediction_days,
        customers_at_risk.rounded_value_at_stake as value_at_stake,
        -- nobody leaves before the next order, so of who is alive it is the
        -- wait for it that counts: docs/churn-model.md
        {%- for weeks in outcome_weeks() %}
        cast(
            customers_at_risk.probability_alive * (
                1 - exp(
                    (parameters.r + customers_at_risk.frequency) * ln(
                        (parameters.alpha + customers_at_risk.age_weeks) / (
                            parameters.alpha + customers_at_risk.age_weeks
                            + {{ weeks }}
                        )
                    )
                )
            ) as numeric(9, 6)
        ) as return_probability_{{ weeks }},
        {%- endfor %}

        -- booleans
        customers_at_risk.is_control,

        -- dates
        customers_at_risk.as_of_on

    from customers_at_risk
    cross join parameters
    cross join least_listed
    left join list
        on customers_at_risk.customer_key = list.customer_key
    where
        list.customer_key is not null
        or (
            customers_at_risk.is_control
            and coalesce(customers_at_risk.rounded_value_at_stake, 0)
            >= least_listed.value_at_stake
        )

)

select * from final
