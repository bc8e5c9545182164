with accounting as (

    select *
    from {{ ref('int_growth_accounting') }}
    where dimension != 'all'

),

final as (

    select
        -- strings
        period,
        dimension,
        segment,

        -- numerics
        active_customers_at_start,
        new_customers,
        reactivated_customers,
        churned_customers,
        churned_from_start,
        active_customers_at_end,
        customers_at_end,
        {{ share('churned_from_start', 'active_customers_at_start') }}
            as churn_rate,

        -- dates
        starts_on,
        ends_on

    from accounting
    -- from the segment's first customer on; who was won and lost within a
    -- period is in none of its ends
    where
        customers_at_end > 0
        or active_customers_at_start > 0
        or new_customers > 0
        or reactivated_customers > 0
        or churned_customers > 0

)

select * from final
