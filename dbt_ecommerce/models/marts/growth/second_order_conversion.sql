with order_days as (

    select
        *,
        cast({{ dbt.date_trunc('month', 'first_order_on') }} as date)
            as cohort_month
    from {{ ref('fct_order_days') }}
    where order_day_number = 1

),

as_of as (

    select * from {{ ref('as_of') }}

),

horizons as (

    {% for days in [30, 60, 90, 180, 365] %}
    select {{ days }} as horizon_days
    {% if not loop.last %}
    union all
    {% endif %}
    {% endfor %}

),

-- the last day known is the one before the as-of date
observed as (

    select
        order_days.cohort_month,
        horizons.horizon_days,
        order_days.days_to_next,
        {{ dbt.datediff(
            'order_days.first_order_on', 'as_of.as_of_on', 'day'
        ) }} > horizons.horizon_days as is_observed
    from order_days
    cross join as_of
    cross join horizons

),

counted as (

    select
        cohort_month,
        horizon_days,
        count(*) as cohort_customers,
        sum(case when is_observed then 1 else 0 end) as observed_customers,
        sum(
            case
                when is_observed and days_to_next <= horizon_days then 1
                else 0
            end
        ) as converted_customers
    from observed
    group by cohort_month, horizon_days

),

final as (

    select
        -- numerics
        cast(horizon_days as integer) as horizon_days,
        cast(cohort_customers as integer) as cohort_customers,
        cast(observed_customers as integer) as observed_customers,
        cast(converted_customers as integer) as converted_customers,
        {{ share('converted_customers', 'observed_customers') }}
            as conversion_rate,

        -- dates
        cohort_month

    from counted

)

select * from final
