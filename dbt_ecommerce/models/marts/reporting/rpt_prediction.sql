with parameters as (

    select * from {{ ref('int_churn_model_parameters') }}

),

customers_at_risk as (

    select * from {{ ref('customers_at_risk') }}

),

at_risk as (

    select
        cast(count(*) as integer) as at_risk_customers,
        cast(sum(value_at_stake) as numeric(18, 2)) as value_at_stake,
        sum(case when is_to_contact_first then 1 else 0 end)
            as first_customers,
        sum(case when is_to_contact_first then value_at_stake end)
            as first_value_at_stake
    from customers_at_risk

),

final as (

    select
        -- dates
        parameters.as_of_on,
        parameters.parameters_as_of_on,

        -- strings
        parameters.declined_because,

        -- numerics
        at_risk.at_risk_customers,
        at_risk.value_at_stake,
        cast(coalesce(at_risk.first_customers, 0) as integer)
            as first_customers,
        {{ share('at_risk.first_value_at_stake', 'at_risk.value_at_stake') }}
            as first_share,
        cast(
            coalesce(at_risk.first_customers, 0)
            * {{ var('minutes_a_customer') }} as integer
        ) as first_minutes,
        parameters.holdout_weeks,
        cast(parameters.holdout_correlation as numeric(9, 6))
            as holdout_correlation

    from parameters
    cross join at_risk

)

select * from final
