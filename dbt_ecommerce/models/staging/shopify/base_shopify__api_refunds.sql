{{ config(
    enabled='shopify' in var('sources'),
    materialized='table',
) }}

{%- set zone = var('shop_time_zone') -%}

with orders as (

    select * from {{ source('shopify', 'shopify__api_orders') }}

),

refunds as (

    select
        orders.id,
        orders.name,
        refund.item as refund
    from orders {{ json_rows('orders.refunds', '', 'refund') }}

),

transactions as (

    select
        refunds.name as order_name,
        {{ json_field('one.item', 'id') }} as transaction_id,
        {{ json_field('one.item', 'kind') }} as kind,
        {{ json_field('one.item', 'status') }} as status,
        {{ try_cast(json_field('one.item', 'amount'), 'numeric') }} as amount,
        {{ try_cast(
            json_field('one.item', 'processed_at'), 'timestamp', zone
        ) }} as refunded_at
    from refunds {{ json_rows('refunds.refund', 'transactions', 'one') }}

),

-- goods may come back without money, and money may fail to go
final as (

    select
        order_name,
        transaction_id,
        amount,
        cast(refunded_at as date) as refunded_on
    from transactions
    where kind = 'REFUND' and status = 'SUCCESS' and amount > 0

)

select * from final
