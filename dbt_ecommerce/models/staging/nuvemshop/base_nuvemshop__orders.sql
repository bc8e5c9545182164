{{ config(
    enabled='nuvemshop' in var('sources'),
    materialized='table',
) }}

with orders as (

    select
        *,
        {{ plain('order_status') }} as order_state,
        {{ plain('payment_status') }} as payment_state
    from {{ ref('base_nuvemshop__sales') }}
    where
        line_no = 1
        and order_number is not null
        and order_rejected_because is null

),

-- who left an e-mail in one order and a tax id beside it in another
tax_ids as (

    select
        email_key,
        max(tax_id_key) as tax_id_key
    from orders
    where email_key is not null and tax_id_key is not null
    group by email_key
    having count(distinct tax_id_key) = 1

),

judged as (

    select
        orders.*,
        coalesce(
            orders.tax_id_key, tax_ids.tax_id_key, orders.email_key
        ) as customer_id,
        orders.order_state like 'cancelad%'
        or orders.has_cancellation_day as is_called_off,
        coalesce(
            orders.payment_state like 'recusad%'
            or orders.payment_state like 'rechazad%'
            or orders.payment_state like 'anulad%'
            or orders.payment_state like 'abandonad%'
            {%- if not var('nuvemshop_pending_orders_count') %}
            or orders.payment_state like 'pendent%'
            or orders.payment_state like 'pendiente%'
            {%- endif %},
            false
        ) as is_unpaid,
        coalesce(
            orders.payment_state like 'estornad%'
            or orders.payment_state like 'reembolsad%'
            or orders.payment_state like 'devolvid%'
            or orders.payment_state like 'devuelt%',
            false
        ) as is_returned
    from orders
    left join tax_ids on orders.email_key = tax_ids.email_key

),

final as (

    select
        -- ids
        order_number,
        customer_id,

        -- strings
        sales_channel,
        case
            when is_called_off then cancellation_reason
            when is_unpaid then payment_status
        end as cancellation_reason,
        coalesce(currency, '{{ var("nuvemshop_currency") }}') as currency,
        customer_name,
        email,
        city,
        state,
        country,

        -- numerics
        coalesce(order_discount, 0) as order_discount,

        -- booleans
        is_called_off or is_unpaid as is_cancelled,
        is_returned,

        -- dates
        case
            when is_called_off and not is_unpaid then cast(cancelled_at as date)
        end as cancelled_on,

        -- timestamps
        ordered_at

    from judged

)

select * from final
