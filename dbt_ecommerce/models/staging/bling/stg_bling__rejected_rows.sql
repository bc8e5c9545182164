{{ config(enabled='bling' in var('sources')) }}

select
    'bling__api_orders' as landing_table,
    rejected_because,
    source_row
from {{ ref('base_bling__orders') }}
where rejected_because is not null

union all

select
    'bling__api_orders' as landing_table,
    rejected_because,
    source_row
from {{ ref('base_bling__order_lines') }}
where rejected_because is not null
