{{ config(enabled='olist' in var('sources')) }}

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

renamed as (

    select
        -- ids
        orders.order_id,
        customers.customer_unique_id as customer_id,
        -- one order may hold several sellers' products
        cast(null as {{ dbt.type_string() }}) as seller_id,

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

)

select * from renamed
