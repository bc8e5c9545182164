with periods as (

    select * from {{ ref('int_periods') }}

),

changes as (

    select * from {{ ref('int_segment_changes') }}

),

-- the shop has its periods before it has a customer
segments as (

    select
        'all' as dimension,
        'all' as segment

    union distinct

    select
        dimension,
        segment
    from changes

),

filled as (

    select
        periods.period,
        periods.starts_on,
        periods.ends_on,
        segments.dimension,
        segments.segment,
        coalesce(changes.new_customers, 0) as new_customers,
        coalesce(changes.reactivated_customers, 0) as reactivated_customers,
        coalesce(changes.churned_customers, 0) as churned_customers,
        coalesce(changes.churned_from_start, 0) as churned_from_start,
        coalesce(changes.customers_gained, 0) as customers_gained
    from periods
    cross join segments
    left join changes
        on
            periods.period = changes.period
            and periods.starts_on = changes.starts_on
            and segments.dimension = changes.dimension
            and segments.segment = changes.segment

),

running as (

    select
        *,
        sum(customers_gained) over so_far as customers_at_end,
        sum(new_customers + reactivated_customers - churned_customers)
            over so_far as active_customers_at_end
    from filled
    window so_far as (
        partition by period, dimension, segment
        order by starts_on
        rows between unbounded preceding and current row
    )

),

final as (

    select
        -- strings
        period,
        dimension,
        segment,

        -- numerics
        cast(
            active_customers_at_end
            - new_customers
            - reactivated_customers
            + churned_customers as integer
        ) as active_customers_at_start,
        cast(new_customers as integer) as new_customers,
        cast(reactivated_customers as integer) as reactivated_customers,
        cast(churned_customers as integer) as churned_customers,
        cast(churned_from_start as integer) as churned_from_start,
        cast(active_customers_at_end as integer) as active_customers_at_end,
        cast(customers_at_end as integer) as customers_at_end,

        -- dates
        starts_on,
        ends_on

    from running

)

select * from final
