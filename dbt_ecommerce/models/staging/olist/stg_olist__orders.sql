{{ config(
    enabled='olist' in var('sources'),
    materialized='table',
    indexes=[{'columns': ['order_id'], 'unique': true}],
) }}

with orders as (

    select * from {{ ref('base_olist__orders') }}
    where rejected_because is null

),

customers as (

    -- one row an order by design; a row that occurs twice adds no order
    select
        customer_id,
        max(customer_unique_id) as customer_unique_id
    from {{ source('olist', 'olist__olist_customers_dataset') }}
    group by customer_id

),

-- an order may hold several sellers' products: then it has no one seller
sellers as (

    select
        order_id,
        case when count(distinct seller_id) = 1 then min(seller_id) end
            as seller_id
    from {{ ref('base_olist__order_items') }}
    where rejected_because is null
    group by order_id

),

final as (

    select
        -- ids
        orders.order_id,
        customers.customer_unique_id as customer_id,
        sellers.seller_id,

        -- strings
        cast(null as {{ dbt.type_string() }}) as sales_channel,
        cast(null as {{ dbt.type_string() }}) as cancellation_reason,
        'BRL' as currency,

        -- booleans
        coalesce(orders.order_status = 'canceled', false) as is_cancelled,
        false as is_returned,

        -- dates
        cast(orders.purchased_at as date) as ordered_on,
        cast(null as date) as cancelled_on,
        cast(null as date) as returned_on,

        -- timestamps
        {{ local_to_utc('orders.purchased_at', 'America/Sao_Paulo') }}
            as ordered_at

    from orders
    left join customers on orders.customer_id = customers.customer_id
    left join sellers on orders.order_id = sellers.order_id

)

select * from final
