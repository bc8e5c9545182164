{{ config(enabled='bling' in var('sources'), severity='warn') }}

-- The lines of an order come to what Bling says that its goods do. Where not,
-- the discount of a line means something else there than its percentage.
with lines as (

    select
        order_id,
        count(*) as line_count,
        sum(
            quantity * list_price * (100 - discount_percent) * 0.01
        ) as amount
    from {{ ref('base_bling__order_lines') }}
    where rejected_because is null
    group by order_id

)

select
    orders.order_id,
    orders.goods_total,
    lines.amount
from {{ ref('base_bling__orders') }} as orders
inner join lines on orders.order_id = lines.order_id
where abs(orders.goods_total - lines.amount) > 0.01 * lines.line_count
