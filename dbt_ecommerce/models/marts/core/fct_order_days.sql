{{ config(pre_hook="{{ group_by_sorting() }}") }}

with orders as (

    select * from {{ ref('fct_orders') }}

),

days as (

    select
        customer_key,
        ordered_on,
        count(*) as orders,
        sum(line_count) as line_count,
        sum(revenue) as revenue,
        sum(net_revenue) as net_revenue,
        {{ known_sum('margin') }} as margin
    from orders
    where
        is_valid
        and customer_key is not null
    group by customer_key, ordered_on

),

in_sequence as (

    select
        *,
        row_number() over by_customer as order_day_number,
        min(ordered_on) over by_customer as first_order_on,
        lag(ordered_on) over by_customer as previous_order_on,
        lead(ordered_on) over by_customer as next_order_on,
        sum(orders) over by_customer as orders_so_far,
        sum(revenue) over by_customer as revenue_so_far,
        sum(revenue) over by_customer
        - first_value(revenue) over by_customer as repeat_revenue,
        -- orders of which no line is known say nothing of what they earned
        case
            when
                count(*) over by_customer = count(margin) over by_customer
                and sum(line_count) over by_customer > 0
                then sum(margin) over by_customer
        end as margin_so_far
    from days
    window by_customer as (partition by customer_key order by ordered_on)

),

final as (

    select
        -- ids
        customer_key,

        -- numerics
        cast(order_day_number as integer) as order_day_number,
        cast(orders as integer) as orders,
        cast(revenue as numeric(18, 4)) as revenue,
        cast(net_revenue as numeric(18, 4)) as net_revenue,
        cast(margin as numeric(18, 4)) as margin,
        cast(repeat_revenue as numeric(18, 4)) as repeat_revenue,
        cast(orders_so_far as integer) as orders_so_far,
        cast(revenue_so_far as numeric(18, 4)) as revenue_so_far,
        cast(margin_so_far as numeric(18, 4)) as margin_so_far,
        cast(
            {{ dbt.datediff('previous_order_on', 'ordered_on', 'day') }}
            as integer
        ) as days_since_previous,
        cast(
            {{ dbt.datediff('ordered_on', 'next_order_on', 'day') }} as integer
        ) as days_to_next,

        -- dates
        ordered_on,
        first_order_on,
        previous_order_on,
        next_order_on

    from in_sequence

)

select * from final
