{{ config(enabled='nuvemshop' in var('sources')) }}

select
    'nuvemshop__sales' as landing_table,
    rejected_because,
    source_row
from {{ ref('base_nuvemshop__sales') }}
where rejected_because is not null
