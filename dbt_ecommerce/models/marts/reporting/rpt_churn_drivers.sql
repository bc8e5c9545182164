{%- set drivers_shown = 3 -%}

with as_of as (

    select * from {{ ref('as_of') }}

),

churn_drivers as (

    select *
    from {{ ref('churn_drivers') }}
    where period = 'week' and standout_rank <= {{ drivers_shown }}

),

final as (

    select
        -- strings
        churn_drivers.dimension,
        churn_drivers.segment,

        -- numerics
        churn_drivers.standout_rank as driver_rank,
        churn_drivers.active_customers_at_start,
        churn_drivers.churned_from_start,
        churn_drivers.churn_rate,
        churn_drivers.churn_rate_of_others,
        churn_drivers.excess_churned,

        -- dates
        as_of.as_of_on

    from churn_drivers
    cross join as_of

)

select * from final
