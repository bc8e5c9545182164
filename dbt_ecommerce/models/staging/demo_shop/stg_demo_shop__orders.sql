{{ config(
    enabled='demo_shop' in var('sources'),
    materialized='table',
    indexes=[{'columns': ['order_id'], 'unique': true}],
) }}

with orders as (

    select * from {{ ref('base_demo_shop__orders') }}
    where rejected_because is null

),

customers as (

    select * from {{ ref('base_demo_shop__customers') }}

),

cancellations as (

    select
        trim(order_id) as order_id,
        nullif(trim(reason), '') as reason,
        {{ try_cast('cancelled_at', 'timestamp') }} as cancelled_at
    from {{ ref('raw_order_cancellations') }}

),

-- who cancels twice has cancelled once, the first time
first_cancellations as (

    select
        *,
        row_number() over (
            partition by order_id
            order by cancelled_at asc nulls last, reason asc nulls last
        ) as occurrence
    from cancellations

),

order_returns as (

    select
        trim(order_id) as order_id,
        min({{ try_cast('returned_at', 'timestamp') }}) as returned_at
    from {{ ref('raw_order_returns') }}
    group by trim(order_id)

),

final as (

    select
        -- ids
        orders.order_id,
        coalesce(customers.surviving_customer_id, orders.customer_id)
            as customer_id,
        orders.seller_id,

        -- strings
        orders.sales_channel,
        cancellations.reason as cancellation_reason,
        'BRL' as currency,

        -- booleans
        cancellations.order_id is not null as is_cancelled,
        order_returns.order_id is not null as is_returned,

        -- dates
        cast(
            {{ utc_to_local('orders.ordered_at', var('shop_time_zone')) }}
            as date
        ) as ordered_on,
        cast(
            {{ utc_to_local(
                'cancellations.cancelled_at', var('shop_time_zone')
            ) }} as date
        ) as cancelled_on,
        cast(
            {{ utc_to_local(
                'order_returns.returned_at', var('shop_time_zone')
            ) }} as date
        ) as returned_on,

        -- timestamps
        orders.ordered_at

    from orders
    left join customers on orders.customer_id = customers.customer_id
    left join first_cancellations as cancellations
        on
            orders.order_id = cancellations.order_id
            and cancellations.occurrence = 1
    left join order_returns on orders.order_id = order_returns.order_id

)

select * from final
