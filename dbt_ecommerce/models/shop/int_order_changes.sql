{{ kept_up_to_date() }}

{#- as the last build left them, to find what belongs to what changed -#}
{%- set orders = as_built('orders', ['customer_id', 'ordered_on'])
    or ref('int_orders_known') -%}
{%- set order_items = as_built('order_items', ['order_id', 'product_id'])
    or ref('int_order_items_unioned') %}

with changed_orders as (

    select * from {{ ref('int_changed_orders') }}

),

changed_order_items as (

    select * from {{ ref('int_changed_order_items') }}

),

changed_products as (

    select * from {{ ref('int_changed_products') }}

),

-- an order changes with its lines, and those with their products
changed_in_lines as (

    select
        source_name,
        order_id
    from changed_order_items

    union

    select
        order_items.source_name,
        order_items.order_id
    from {{ order_items }} as order_items
    inner join changed_products
        on
            order_items.source_name = changed_products.source_name
            and order_items.product_id = changed_products.product_id
    where changed_products.concerns_others

),

changes as (

    select
        source_name,
        order_id,
        customer_id,
        null as product_id,
        ordered_on
    from changed_orders

    union

    select
        orders.source_name,
        orders.order_id,
        orders.customer_id,
        null as product_id,
        orders.ordered_on
    from {{ orders }} as orders
    inner join changed_in_lines
        on
            orders.source_name = changed_in_lines.source_name
            and orders.order_id = changed_in_lines.order_id

    union all

    select
        source_name,
        null as order_id,
        null as customer_id,
        product_id,
        null as ordered_on
    from changed_products

),

numbered as (

    select
        {{ surrogate_key('source_name', 'order_id') }} as order_key,
        order_id,
        {{ surrogate_key('source_name', 'customer_id') }} as customer_key,
        {{ surrogate_key('source_name', 'product_id') }} as product_key,
        {{ next_change_number() }} as change_number,
        ordered_on
    from changes

)

select * from numbered
