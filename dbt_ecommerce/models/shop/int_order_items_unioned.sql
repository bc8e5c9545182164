{{ config(materialized='view') }}

{{ union_sources('order_items', [
    'order_item_id',
    'order_id',
    'product_id',
    'product_name',
    'quantity',
    'unit_price',
    'discount',
]) }}
