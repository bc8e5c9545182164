{{ config(enabled='shopee' in var('sources')) }}

select
    'shopee__orders' as landing_table,
    rejected_because,
    source_row
from {{ ref('base_shopee__order_lines') }}
where rejected_because is not null
