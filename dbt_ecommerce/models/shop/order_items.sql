with order_items as (

    select * from {{ ref('int_order_items_unioned') }}

),

orders as (

    select * from {{ ref('orders') }}

),

products as (

    select * from {{ ref('products') }}

),

keyed as (

    select
        -- ids
        {{ surrogate_key(
            'order_items.source_name', 'order_items.order_item_id'
        ) }} as order_item_key,
        orders.order_key,
        products.product_key,
        order_items.source_name,
        order_items.order_item_id,
        order_items.order_id,
        order_items.product_id,

        -- strings
        order_items.product_name,

        -- numerics
        order_items.quantity,
        order_items.unit_price,
        order_items.discount

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

)

select * from keyed
