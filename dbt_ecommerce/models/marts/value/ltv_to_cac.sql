{#- The horizon that LTV:CAC is told at, in months. -#}
{%- set horizon = 12 -%}

with costs as (

    select * from {{ ref('acquisition_costs') }}

),

customers as (

    select * from {{ ref('int_acquired_customers') }}

),

order_days as (

    select
        *,
        cast({{ dbt.date_trunc('month', 'ordered_on') }} as date)
            as month_starts_on
    from {{ ref('fct_order_days') }}

),

-- dim_months does not have those before the first order
complete_months as (

    select month_starts_on
    from {{ ref('dim_months') }}
    where is_complete

    union distinct

    select month_starts_on from costs

),

cohort_months as (

    select
        costs.source_name,
        costs.acquisition_channel,
        costs.month_starts_on as cohort_month,
        complete_months.month_starts_on,
        {{ dbt.datediff(
            'costs.month_starts_on', 'complete_months.month_starts_on', 'month'
        ) }} + 1 as month_number
    from costs
    inner join complete_months
        on costs.month_starts_on <= complete_months.month_starts_on

),

margins as (

    select
        customers.source_name,
        customers.acquisition_channel,
        customers.cohort_month,
        order_days.month_starts_on,
        {{ known_sum('order_days.margin') }} as margin
    from customers
    inner join order_days on customers.customer_key = order_days.customer_key
    group by
        customers.source_name,
        customers.acquisition_channel,
        customers.cohort_month,
        order_days.month_starts_on

),

-- a month without orders brings nothing; one with an unknown cost, who knows
running as (

    select
        cohort_months.source_name,
        cohort_months.acquisition_channel,
        cohort_months.cohort_month,
        cohort_months.month_number,
        sum(margins.margin) over since_won as known_margin,
        sum(
            case
                when margins.cohort_month is null then 0
                when margins.margin is null then 1
                else 0
            end
        ) over since_won as unknown_months
    from cohort_months
    left join margins
        on
            cohort_months.source_name = margins.source_name
            and cohort_months.acquisition_channel = margins.acquisition_channel
            and cohort_months.cohort_month = margins.cohort_month
            and cohort_months.month_starts_on = margins.month_starts_on
    window since_won as (
        partition by
            cohort_months.source_name,
            cohort_months.acquisition_channel,
            cohort_months.cohort_month
        order by cohort_months.month_number
    )

),

cumulative as (

    select
        *,
        case when unknown_months = 0 then coalesce(known_margin, 0) end
            as margin
    from running

),

cohorts as (

    select
        costs.source_name,
        costs.acquisition_channel,
        costs.month_starts_on as cohort_month,
        costs.new_customers,
        costs.spend,
        costs.cac,
        max(cumulative.month_number) as complete_months,
        max(cumulative.unknown_months) as unknown_months,
        max(
            case
                when cumulative.month_number = {{ horizon }}
                    then cumulative.margin
            end
        ) as margin_at_horizon,
        min(
            case
                when costs.cac is null then null
                -- nothing was spent that would have to come back
                when costs.spend = 0 then 1
                when cumulative.margin >= costs.spend
                    then cumulative.month_number
            end
        ) as payback_month
    from costs
    inner join cumulative
        on
            costs.source_name = cumulative.source_name
            and costs.acquisition_channel = cumulative.acquisition_channel
            and costs.month_starts_on = cumulative.cohort_month
    group by
        costs.source_name,
        costs.acquisition_channel,
        costs.month_starts_on,
        costs.new_customers,
        costs.spend,
        costs.cac

),

final as (

    select
        -- ids
        source_name,

        -- strings
        acquisition_channel,

        -- numerics
        new_customers as cohort_customers,
        cast(complete_months as integer) as complete_months,
        cac,
        {{ quotient('margin_at_horizon', 'new_customers') }}
            as margin_{{ horizon }}_months,
        {{ quotient(
            'margin_at_horizon',
            'case when cac is not null then spend end',
            digits=4
        ) }} as ltv_to_cac,
        cast(payback_month as integer) as payback_month,

        -- booleans
        case
            when cac is null then null
            when payback_month is not null then true
            when unknown_months = 0 then false
        end as is_paid_back,

        -- dates
        cohort_month

    from cohorts

)

select * from final
