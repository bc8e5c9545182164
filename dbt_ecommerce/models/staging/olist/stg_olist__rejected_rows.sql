{{ config(enabled='olist' in var('sources')) }}

select
    'olist__olist_orders_dataset' as landing_table,
    rejected_because,
    source_row
from {{ ref('base_olist__orders') }}
where rejected_because is not null

union all

select
    'olist__olist_order_items_dataset' as landing_table,
    rejected_because,
    source_row
from {{ ref('base_olist__order_items') }}
where rejected_because is not null
