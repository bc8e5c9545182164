{{ config(pre_hook="{{ group_by_sorting() }}") }}

with order_days as (

    select
        *,
        cast({{ dbt.date_trunc('month', 'ordered_on') }} as date)
            as month_starts_on,
        cast({{ dbt.date_trunc('month', 'first_order_on') }} as date)
            as cohort_month
    from {{ ref('fct_order_days') }}

),

by_month as (

    select
        customer_key,
        cohort_month,
        month_starts_on,
        sum(orders) as orders,
        sum(revenue) as revenue,
        sum(net_revenue) as net_revenue,
        {{ known_sum('margin') }} as margin
    from order_days
    group by customer_key, cohort_month, month_starts_on

),

final as (

    select
        -- ids
        customer_key,

        -- numerics
        cast(orders as integer) as orders,
        cast(revenue as numeric(18, 4)) as revenue,
        cast(net_revenue as numeric(18, 4)) as net_revenue,
        cast(margin as numeric(18, 4)) as margin,

        -- dates
        cohort_month,
        month_starts_on

    from by_month

)

select * from final
