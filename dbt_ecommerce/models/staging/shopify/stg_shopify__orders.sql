{{ config(
    enabled='shopify' in var('sources'),
    materialized='table',
    indexes=[{'columns': ['order_id'], 'unique': true}],
) }}

with orders as (

    select
        *,
        coalesce(
            financial_status in ('voided', 'expired')
            or (
                financial_status = 'pending'
                and not {{ var('shopify_pending_orders_count') }}
            ),
            false
        ) as is_not_paid
    from {{ ref('base_shopify__orders') }}
    where rejected_because is null

),

final as (

    select
        -- ids
        order_name as order_id,
        customer_id,
        cast(null as {{ dbt.type_string() }}) as seller_id,

        -- strings
        case
            -- the web checkout's own number of former years
            when sales_channel = '580111' then 'web'
            when {{ matches('sales_channel', '^[0-9]+$') }}
                then {{ dbt.concat(["'app '", 'sales_channel']) }}
            else sales_channel
        end as sales_channel,
        case when is_not_paid then financial_status end as cancellation_reason,
        currency,

        -- booleans
        is_called_off or is_not_paid as is_cancelled,
        coalesce(financial_status = 'refunded', false)
        and not is_called_off as is_returned,

        -- dates
        ordered_on,
        case when is_called_off then cancelled_on end as cancelled_on,
        case
            when financial_status = 'refunded' and not is_called_off
                then refunded_on
        end as returned_on,

        -- timestamps
        ordered_at

    from orders

)

select * from final
