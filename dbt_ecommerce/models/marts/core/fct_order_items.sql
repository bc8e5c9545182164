with order_items as (

    select * from {{ ref('int_order_items') }}

),

orders as (

    select * from {{ ref('int_orders') }}

),

products as (

    select * from {{ ref('dim_products') }}

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
        cast(
            order_items.quantity * order_items.unit_price as numeric(18, 4)
        ) as revenue,
        -- one that no column could hold is not known
        cast(
            case
                when not {{ is_too_large(
                    'order_items.quantity * products.unit_cost'
                ) }}
                    then order_items.quantity * products.unit_cost
            end as numeric(18, 4)
        ) as cost_of_goods,

        -- booleans
        coalesce(products.is_goods, false) as is_goods,
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
        cost_of_goods,
        cast(revenue - cost_of_goods as numeric(18, 4)) as margin,

        -- booleans
        is_goods,
        is_in_valid_order,

        -- dates
        ordered_on

    from joined

)

select * from final
