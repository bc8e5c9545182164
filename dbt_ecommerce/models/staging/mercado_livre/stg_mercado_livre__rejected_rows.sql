{{ config(enabled='mercado_livre' in var('sources')) }}

select
    'mercado_livre__sales' as landing_table,
    rejected_because,
    source_row
from {{ ref('base_mercado_livre__sales') }}
where rejected_because is not null
