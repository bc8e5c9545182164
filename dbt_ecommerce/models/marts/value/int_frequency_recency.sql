with as_of as (

    select * from {{ ref('as_of') }}

),

order_days as (

    select * from {{ ref('fct_order_days') }}

),

final as (

    select
        -- ids
        order_days.customer_key,

        -- numerics
        order_days.order_day_number - 1 as frequency,
        {{ dbt.datediff(
            'order_days.first_order_on', 'order_days.ordered_on', 'day'
        ) }} as recency_days,
        {{ dbt.datediff(
            'order_days.first_order_on', 'as_of.as_of_on', 'day'
        ) }} - 1 as age_days,
        order_days.repeat_revenue

    from order_days
    cross join as_of
    where order_days.next_order_on is null

)

select * from final
