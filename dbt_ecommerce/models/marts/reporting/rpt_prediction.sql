with parameters as (

    select * from {{ ref('int_churn_model_parameters') }}

),

customers_at_risk as (

    select * from {{ ref('customers_at_risk') }}

),

at_risk as (

    select
        cast(count(*) as integer) as at_risk_customers,
        cast(sum(value_at_stake) as numeric(18, 2)) as value_at_stake
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
        parameters.holdout_weeks,
        cast(parameters.holdout_correlation as numeric(9, 6))
            as holdout_correlation

    from parameters
    cross join at_risk

)

select * from final
