with cells as (

    select *
    from {{ ref('int_cohort_cells') }}
    where dimension != 'all'

),

final as (

    select
        -- strings
        dimension,
        segment,

        -- numerics
        months_since,
        cohort_customers,
        customers,
        retention_rate,
        orders,
        revenue,
        net_revenue,
        margin,
        cumulative_revenue,
        cumulative_net_revenue,
        cumulative_margin,
        ltv_revenue,
        ltv_net_revenue,
        ltv_margin,

        -- booleans
        is_partial,

        -- dates
        cohort_month,
        month_starts_on

    from cells

)

select * from final
