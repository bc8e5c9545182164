with orders as (

    select * from {{ ref('int_orders_known') }}

),

keyed as (

    select
        -- ids
        {{ surrogate_key('source_name', 'order_id') }} as order_key,
        {{ surrogate_key('source_name', 'customer_id') }} as customer_key,
        source_name,
        order_id,
        customer_id,
        seller_id,

        -- strings
        sales_channel,
        cancellation_reason,
        currency,

        -- booleans
        is_cancelled,
        is_returned,
        not is_cancelled and not is_returned as is_valid,

        -- dates
        ordered_on,
        cancelled_on,
        returned_on,

        -- timestamps
        ordered_at

    from orders

)

select * from keyed
