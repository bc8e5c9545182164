{{ config(severity='warn') }}

-- Refunds that cannot be true. Of those without an order or a line nothing is
-- counted, of the others no more than was paid.
with refunds as (

    select * from {{ ref('refunds') }}

),

refunded_orders as (

    select
        source_name,
        order_id,
        sum(amount) as amount
    from refunds
    group by source_name, order_id

),

order_items as (

    select order_items.*
    from {{ ref('int_order_items') }} as order_items
    inner join refunded_orders
        on
            order_items.source_name = refunded_orders.source_name
            and order_items.order_id = refunded_orders.order_id

),

paid_orders as (

    select
        source_name,
        order_id,
        sum(revenue) as revenue
    from order_items
    group by source_name, order_id

),

judged as (

    select
        refunds.source_name,
        refunds.order_id,
        refunds.order_item_id,
        refunds.refunded_on,
        refunds.amount,
        case
            when orders.order_id is null then 'there is no such order'
            when
                refunds.order_item_id is not null
                and order_items.order_item_id is null
                then 'the order has no such line'
            when
                refunded_orders.amount > coalesce(paid_orders.revenue, 0)
                or sum(refunds.amount) over (
                    partition by
                        refunds.source_name,
                        refunds.order_id,
                        refunds.order_item_id
                ) > order_items.revenue
                then 'more than was paid'
            when refunds.refunded_on < orders.ordered_on
                then 'before the order'
        end as cannot_be_true_because
    from refunds
    inner join refunded_orders
        on
            refunds.source_name = refunded_orders.source_name
            and refunds.order_id = refunded_orders.order_id
    left join {{ ref('int_orders_unioned') }} as orders
        on
            refunds.source_name = orders.source_name
            and refunds.order_id = orders.order_id
    left join paid_orders
        on
            refunds.source_name = paid_orders.source_name
            and refunds.order_id = paid_orders.order_id
    left join order_items
        on
            refunds.source_name = order_items.source_name
            and refunds.order_id = order_items.order_id
            and refunds.order_item_id = order_items.order_item_id

)

select *
from judged
where cannot_be_true_because is not null
