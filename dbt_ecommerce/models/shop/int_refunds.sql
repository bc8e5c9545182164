with refunds as (

    select * from {{ ref('refunds') }}

),

order_items as (

    select * from {{ ref('int_order_items') }}

),

as_of as (

    select * from {{ ref('as_of') }}

),

-- later refunds have not happened yet
known as (

    select
        refunds.source_name,
        refunds.order_id,
        refunds.order_item_id,
        sum(refunds.amount) as amount,
        sum(refunds.quantity) as quantity
    from refunds
    inner join as_of
        on
            refunds.refunded_on is null
            or refunds.refunded_on < as_of.as_of_on
    group by refunds.source_name, refunds.order_id, refunds.order_item_id

),

refunded_orders as (

    select
        source_name,
        order_id,
        sum(case when order_item_id is null then amount else 0 end)
            as amount_of_order
    from known
    group by source_name, order_id

),

-- no more comes back than was paid
of_lines as (

    select
        order_items.source_name,
        order_items.order_id,
        order_items.order_item_id,
        order_items.revenue,
        refunded_orders.amount_of_order,
        least(coalesce(known.amount, 0), order_items.revenue) as amount,
        least(coalesce(known.quantity, 0), order_items.quantity) as quantity
    from order_items
    inner join refunded_orders
        on
            order_items.source_name = refunded_orders.source_name
            and order_items.order_id = refunded_orders.order_id
    left join known
        on
            order_items.source_name = known.source_name
            and order_items.order_id = known.order_id
            and order_items.order_item_id = known.order_item_id

),

-- what an order was refunded is spread over what its lines still hold
with_left as (

    select
        *,
        revenue - amount as left_of_line,
        sum(revenue - amount) over (
            partition by source_name, order_id
        ) as left_of_order,
        sum(revenue - amount) over (
            partition by source_name, order_id
            order by {{ bytewise('order_item_id') }}
        ) as left_so_far
    from of_lines

),

-- What is spread is rounded as a running total, which ends with the whole: so
-- the cents add up.
spread as (

    select
        source_name,
        order_item_id,
        amount,
        {%- for name, left in {
            'spread_so_far': 'left_so_far',
            'spread_before': 'left_so_far - left_of_line',
        }.items() %}
        cast(
            cast(least(amount_of_order, left_of_order) as numeric(18, 4))
            * coalesce({{ quotient(left, 'left_of_order', digits=16) }}, 0)
            as numeric(18, 4)
        ) as {{ name }},
        {%- endfor %}
        quantity
    from with_left

),

final as (

    select
        -- ids
        source_name,
        order_item_id,

        -- numerics
        cast(amount + spread_so_far - spread_before as numeric(18, 4))
            as refunded_revenue,
        cast(quantity as numeric(18, 4)) as returned_quantity

    from spread

)

select * from final
