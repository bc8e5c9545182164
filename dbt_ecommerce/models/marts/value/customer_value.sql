with customers as (

    select * from {{ ref('customer_churn') }}

),

predictions as (

    select * from {{ ref('customer_predictions') }}

),

acquired as (

    select * from {{ ref('int_acquired_customers') }}

),

costs as (

    select * from {{ ref('acquisition_costs') }}

),

joined as (

    select
        customers.customer_key,
        customers.source_name,
        customers.customer_id,
        acquired.acquisition_channel,
        acquired.cohort_month,
        customers.revenue,
        customers.margin,
        customers.margin_rate,
        predictions.expected_revenue_ltv,
        costs.cac,
        customers.as_of_on
    from customers
    inner join acquired on customers.customer_key = acquired.customer_key
    left join predictions
        on customers.customer_key = predictions.customer_key
    left join costs
        on
            acquired.source_name = costs.source_name
            and acquired.acquisition_channel = costs.acquisition_channel
            and acquired.cohort_month = costs.month_starts_on

),

expected as (

    select
        *,
        cast(expected_revenue_ltv * margin_rate as numeric(18, 2))
            as expected_margin_ltv
    from joined

),

final as (

    select
        -- ids
        customer_key,
        source_name,
        customer_id,

        -- strings
        acquisition_channel,

        -- numerics: so far
        revenue,
        margin,
        margin_rate,
        cac,

        -- numerics: expected, and both together
        expected_revenue_ltv,
        expected_margin_ltv,
        cast(revenue + expected_revenue_ltv as numeric(18, 2)) as ltv_revenue,
        cast(margin + expected_margin_ltv as numeric(18, 2)) as ltv,

        -- dates
        cohort_month,
        as_of_on

    from expected

)

select * from final
