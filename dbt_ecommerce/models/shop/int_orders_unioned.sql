{{ config(materialized='view') }}

{{ union_sources('orders', [
    'order_id',
    'customer_id',
    'seller_id',
    'sales_channel',
    'cancellation_reason',
    'currency',
    'is_cancelled',
    'is_returned',
    'ordered_on',
    'cancelled_on',
    'returned_on',
    'ordered_at',
]) }}
