{{ config(materialized='view') }}

with orders as (

    select * from {{ ref('int_orders_unioned') }}

),

as_of as (

    select * from {{ ref('as_of') }}

),

-- what was known on the as-of date: later orders, cancellations and returns
-- have not happened yet
known as (

    select
        orders.*,
        orders.is_cancelled
        and (
            orders.cancelled_on is null
            or orders.cancelled_on < as_of.as_of_on
            or {{ is_too_late('orders.cancelled_on') }}
        ) as is_known_cancelled,
        orders.is_returned
        and (
            orders.returned_on is null
            or orders.returned_on < as_of.as_of_on
            or {{ is_too_late('orders.returned_on') }}
        ) as is_known_returned
    from orders
    inner join as_of on orders.ordered_on < as_of.as_of_on

),

as_known as (

    select
        -- ids
        source_name,
        order_id,
        -- a file may hold '' or a blank for nothing
        case when trim(customer_id) != '' then customer_id end as customer_id,
        case when trim(seller_id) != '' then seller_id end as seller_id,

        -- strings
        nullif(trim(sales_channel), '') as sales_channel,
        case when is_known_cancelled then nullif(trim(cancellation_reason), '')
        end as cancellation_reason,
        upper(nullif(trim(currency), '')) as currency,

        -- booleans
        is_known_cancelled as is_cancelled,
        is_known_returned as is_returned,

        -- dates
        ordered_on,
        -- a day that never comes is one that nobody knows
        case
            when is_known_cancelled and not {{ is_too_late('cancelled_on') }}
                then cancelled_on
        end as cancelled_on,
        case
            when is_known_returned and not {{ is_too_late('returned_on') }}
                then returned_on
        end as returned_on,

        -- timestamps
        ordered_at

    from known

),

final as (

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

    from as_known

)

select * from final
