{{ config(
    enabled='woocommerce' in var('sources'),
    materialized='table',
    indexes=[{'columns': ['order_id'], 'unique': true}],
) }}

with orders as (

    select * from {{ ref('base_woocommerce__orders') }}
    where rejected_because is null

),

-- the names of WooCommerce's own translations, too
with_kind as (

    select
        *,
        case
            when status in ('cancelled', 'canceled', 'cancelado', 'cancelada')
                then 'cancelled'
            when
                status in (
                    'failed', 'malsucedido', 'falhou', 'fallido', 'fallida'
                )
                then 'failed'
            when
                not {{ var('woocommerce_pending_orders_count') }}
                and status in (
                    'pending',
                    'pending payment',
                    'pendente',
                    'pagamento pendente',
                    'pendiente',
                    'pendiente de pago'
                )
                then 'pending'
            when
                not {{ var('woocommerce_on_hold_orders_count') }}
                and status in (
                    'on hold', 'aguardando', 'em espera', 'en espera'
                )
                then 'on hold'
            when status in ('refunded', 'reembolsado', 'reembolsada')
                then 'refunded'
        end as kind
    from orders

),

with_payment as (

    select
        *,
        coalesce(kind in ('failed', 'pending', 'on hold'), false) as is_not_paid
    from with_kind

),

final as (

    select
        -- ids
        order_number as order_id,
        customer_id,
        cast(null as {{ dbt.type_string() }}) as seller_id,

        -- strings
        cast(null as {{ dbt.type_string() }}) as sales_channel,
        case when is_not_paid then kind end as cancellation_reason,
        currency,

        -- booleans
        is_not_paid or coalesce(kind = 'cancelled', false) as is_cancelled,
        coalesce(kind = 'refunded', false) as is_returned,

        -- dates
        ordered_on,
        cast(null as date) as cancelled_on,
        case when kind = 'refunded' then first_refunded_on end as returned_on,

        -- timestamps
        ordered_at

    from with_payment

)

select * from final
