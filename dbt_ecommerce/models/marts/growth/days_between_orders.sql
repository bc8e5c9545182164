with order_days as (

    select * from {{ ref('fct_order_days') }}

),

final as (

    select
        -- numerics
        cast(order_day_number as integer) as from_order_day,
        cast(count(*) as integer) as customers,
        cast(count(days_to_next) as integer) as came_back,
        cast(
            percentile_cont(0.25) within group (order by days_to_next)
            as numeric(9, 1)
        ) as lower_quartile_days,
        cast(
            percentile_cont(0.5) within group (order by days_to_next)
            as numeric(9, 1)
        ) as median_days,
        cast(
            percentile_cont(0.75) within group (order by days_to_next)
            as numeric(9, 1)
        ) as upper_quartile_days,
        cast(avg(days_to_next) as numeric(9, 1)) as mean_days

    from order_days
    group by order_day_number

)

select * from final
