{{ config(enabled='demo_shop' in var('sources')) }}

select
    'raw_orders' as landing_table,
    rejected_because,
    source_row
from {{ ref('base_demo_shop__orders') }}
where rejected_because is not null

union all

select
    'raw_order_items' as landing_table,
    rejected_because,
    source_row
from {{ ref('base_demo_shop__order_items') }}
where rejected_because is not null
