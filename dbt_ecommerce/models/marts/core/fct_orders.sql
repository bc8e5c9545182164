{{ config(pre_hook="{{ group_by_sorting() }}") }}

with orders as (

    select * from {{ ref('int_orders') }}

),

order_items as (

    select * from {{ ref('fct_order_items') }}

),

order_totals as (

    select
        order_key,
        count(*) as line_count,
        sum(quantity) as quantity,
        sum(revenue) as revenue,
        sum(refunded_revenue) as refunded_revenue,
        sum(revenue) - sum(refunded_revenue) as net_revenue,
        {{ known_sum('discount') }} as discount,
        {{ known_sum('cost_of_goods') }} as cost_of_goods,
        {{ known_sum('margin') }} as margin
    from order_items
    group by order_key

),

final as (

    select
        -- ids
        orders.order_key,
        orders.customer_key,
        {{ surrogate_key('orders.source_name', 'orders.seller_id') }}
            as seller_key,
        {{ surrogate_key('orders.source_name', 'orders.sales_channel') }}
            as sales_channel_key,
        orders.source_name,
        orders.order_id,
        orders.seller_id,

        -- strings
        orders.sales_channel,
        orders.cancellation_reason,
        orders.currency,

        -- numerics
        cast(coalesce(order_totals.line_count, 0) as integer) as line_count,
        {%- for figure in [
            'quantity', 'revenue', 'refunded_revenue', 'net_revenue'
        ] %}
        cast(
            coalesce(order_totals.{{ figure }}, 0) as numeric(18, 4)
        ) as {{ figure }},
        {%- endfor %}
        {%- for figure in ['discount', 'cost_of_goods', 'margin'] %}
        -- an order without lines has none, which is known
        cast(
            case
                when order_totals.order_key is null then 0
                else order_totals.{{ figure }}
            end as numeric(18, 4)
        ) as {{ figure }},
        {%- endfor %}

        -- booleans
        orders.is_valid,
        orders.is_cancelled,
        orders.is_returned,

        -- dates
        orders.ordered_on,
        orders.cancelled_on,
        orders.returned_on,

        -- timestamps
        orders.ordered_at

    from orders
    left join order_totals on orders.order_key = order_totals.order_key

)

select * from final
