-- Lines, orders and the report add up to the same money.
with totals as (

    select
        (
            select coalesce(sum(order_items.revenue), 0)
            from {{ ref('int_order_items') }} as order_items
            inner join {{ ref('int_orders') }} as orders
                on
                    order_items.source_name = orders.source_name
                    and order_items.order_id = orders.order_id
            where orders.is_valid
        ) as shop_revenue,
        (
            select coalesce(sum(revenue), 0)
            from {{ ref('fct_order_items') }}
            where is_in_valid_order
        ) as line_revenue,
        (
            select coalesce(sum(revenue), 0)
            from {{ ref('fct_orders') }}
            where is_valid
        ) as order_revenue,
        (select revenue from {{ ref('rpt_shop_totals') }}) as reported_revenue,
        (
            select coalesce(sum(revenue - refunded_revenue), 0)
            from {{ ref('fct_order_items') }}
            where is_in_valid_order
        ) as line_net_revenue,
        (
            select coalesce(sum(net_revenue), 0)
            from {{ ref('fct_orders') }}
            where is_valid
        ) as order_net_revenue,
        (select net_revenue from {{ ref('rpt_shop_totals') }})
            as reported_net_revenue

)

select *
from totals
where
    shop_revenue != line_revenue
    or line_revenue != order_revenue
    or cast(order_revenue as numeric(18, 2)) != reported_revenue
    or line_net_revenue != order_net_revenue
    or cast(order_net_revenue as numeric(18, 2)) != reported_net_revenue
