with weeks as (

    select * from {{ ref('dim_weeks') }}

),

orders as (

    select * from {{ ref('fct_orders') }}

),

goods_prices as (

    select * from {{ ref('int_goods_prices') }}

),

-- orders that were not cancelled have no reason
by_reason as (

    select
        cast({{ dbt.date_trunc('week', 'ordered_on') }} as date)
            as week_starts_on,
        cancellation_reason,
        count(*) as orders,
        sum(case when is_cancelled then 1 else 0 end) as cancelled_orders,
        sum(case when is_valid then revenue else 0 end) as revenue,
        sum(case when is_valid then net_revenue else 0 end) as net_revenue
    from orders
    group by
        cast({{ dbt.date_trunc('week', 'ordered_on') }} as date),
        cancellation_reason

),

order_totals as (

    select
        week_starts_on,
        sum(orders) as orders,
        sum(cancelled_orders) as cancelled_orders,
        sum(revenue) as revenue,
        sum(net_revenue) as net_revenue
    from by_reason
    group by week_starts_on

),

-- what most cancelled orders say; those that say nothing count as well
reasons as (

    select
        by_reason.week_starts_on,
        by_reason.cancellation_reason
    from by_reason
    inner join order_totals
        on by_reason.week_starts_on = order_totals.week_starts_on
    where
        by_reason.cancellation_reason is not null
        and 2 * by_reason.cancelled_orders > order_totals.cancelled_orders

),

goods_by_week as (

    select
        cast({{ dbt.date_trunc('week', 'ordered_on') }} as date)
            as week_starts_on,
        product_name,
        unit_price
    from goods_prices

),

goods_sold as (

    select
        *,
        row_number() over (
            partition by week_starts_on
            order by
                unit_price desc,
                {{ bytewise('product_name') }} asc nulls last
        ) as price_rank
    from goods_by_week

),

final as (

    select
        -- dates
        weeks.week_starts_on,
        weeks.week_ends_on,

        -- strings
        reasons.cancellation_reason as top_cancellation_reason,
        goods_sold.product_name as dearest_product_name,

        -- numerics
        cast(coalesce(order_totals.orders, 0) as integer) as orders,
        cast(coalesce(order_totals.cancelled_orders, 0) as integer)
            as cancelled_orders,
        {{ share('order_totals.cancelled_orders', 'order_totals.orders') }}
            as cancellation_rate,
        cast(coalesce(order_totals.revenue, 0) as numeric(18, 2)) as revenue,
        cast(coalesce(order_totals.net_revenue, 0) as numeric(18, 2))
            as net_revenue,
        cast(goods_sold.unit_price as numeric(18, 4)) as dearest_product_price

    from weeks
    left join order_totals
        on weeks.week_starts_on = order_totals.week_starts_on
    left join reasons
        on weeks.week_starts_on = reasons.week_starts_on
    left join goods_sold
        on
            weeks.week_starts_on = goods_sold.week_starts_on
            and goods_sold.price_rank = 1

)

select * from final
