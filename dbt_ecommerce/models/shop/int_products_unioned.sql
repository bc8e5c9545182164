{{ config(materialized='view') }}

{{ union_sources('products', [
    'product_id',
    'product_name',
    'category',
    'list_price',
    'unit_cost',
    'is_goods',
]) }}
