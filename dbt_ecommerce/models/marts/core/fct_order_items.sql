with order_items as (

    select * from {{ ref('int_order_items') }}

),

orders as (

    select * from {{ ref('int_orders') }}

),

products as (

    select * from {{ ref('dim_products') }}

),

refunds as (

    select * from {{ ref('int_refunds') }}

),

joined as (

    select
        -- ids
        order_items.order_item_key,
        orders.order_key,
        products.product_key,
        orders.customer_key,
        order_items.source_name,
        order_items.product_id,

        -- strings
        coalesce(order_items.product_name, products.product_name)
            as product_name,

        -- numerics
        order_items.quantity,
        order_items.unit_price,
        order_items.discount,
        order_items.revenue,
        coalesce(refunds.refunded_revenue, 0) as refunded_revenue,
        -- what came back is there to be sold again
        order_items.quantity - coalesce(refunds.returned_quantity, 0)
            as kept_quantity,
        coalesce(order_items.unit_cost, products.unit_cost) as unit_cost,

        -- booleans
        coalesce(products.is_goods, false) as is_goods,
        order_items.unit_cost is null and products.unit_cost is not null
            as cost_is_todays,
        orders.is_valid as is_in_valid_order,

        -- dates
        orders.ordered_on

    from order_items
    -- orders on or after the as-of date are not there yet
    inner join orders
        on
            order_items.source_name = orders.source_name
            and order_items.order_id = orders.order_id
    left join products
        on
            order_items.source_name = products.source_name
            and order_items.product_id = products.product_id
    left join refunds
        on
            order_items.source_name = refunds.source_name
            and order_items.order_item_id = refunds.order_item_id
    {{ computed_once() }}

),

with_costs as (

    select
        *,
        revenue - refunded_revenue as net_revenue,
        -- one that no column could hold is not known
        cast(
            case
                when not {{ is_too_large('kept_quantity * unit_cost') }}
                    then kept_quantity * unit_cost
            end as numeric(18, 4)
        ) as cost_of_goods
    from joined
    {{ computed_once() }}

),

final as (

    select
        -- ids
        order_item_key,
        order_key,
        product_key,
        customer_key,
        source_name,
        product_id,

        -- strings
        product_name,

        -- numerics
        quantity,
        unit_price,
        discount,
        revenue,
        cast(refunded_revenue as numeric(18, 4)) as refunded_revenue,
        cast(net_revenue as numeric(18, 4)) as net_revenue,
        cost_of_goods,
        cast(net_revenue - cost_of_goods as numeric(18, 4)) as margin,

        -- booleans
        is_goods,
        cost_is_todays,
        is_in_valid_order,

        -- dates
        ordered_on

    from with_costs

)

select * from final
