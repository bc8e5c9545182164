{%- set median = 'percentile_cont(0.5) within group (order by {})' -%}

with order_days as (

    select * from {{ ref('fct_order_days') }}

),

as_of as (

    select * from {{ ref('as_of') }}

),

-- n orders on a day are n − 1 gaps of no days
same_day as (

    select coalesce(sum(orders - 1), 0) as gaps
    from order_days

),

between_days as (

    select
        count(days_to_next) as gaps,
        {{ median.format('days_to_next') }} as median_days
    from order_days

),

gaps_by_length as (

    select
        days_to_next as gap_days,
        count(*) as gaps
    from order_days
    where days_to_next is not null
    group by days_to_next

    union all

    select
        0 as gap_days,
        gaps
    from same_day
    where gaps > 0

),

ranked as (

    select
        gap_days,
        sum(gaps) over (
            order by gap_days
            rows between unbounded preceding and current row
        ) as last_rank,
        sum(gaps) over () as all_gaps
    from gaps_by_length

),

-- the median of an even number of gaps lies between the two in the middle
between_orders as (

    select
        max(all_gaps) as gaps,
        (
            min(case when 2 * last_rank >= all_gaps then gap_days end)
            + min(case when 2 * last_rank >= all_gaps + 1 then gap_days end)
        ) / 2.0 as median_days
    from ranked

),

final as (

    select
        -- dates
        as_of.as_of_on,

        -- numerics
        cast(coalesce(between_orders.gaps, 0) as integer) as order_gaps,
        cast(between_orders.median_days as numeric(9, 1))
            as median_days_between_orders,
        cast(between_days.gaps as integer) as order_day_gaps,
        cast(between_days.median_days as numeric(9, 1))
            as median_days_between_order_days

    from as_of
    cross join between_orders
    cross join between_days

)

select * from final
