{{ config(enabled='hubspot' in var('sources')) }}

select
    {{ dbt.concat(["'hubspot__'", "resource"]) }} as landing_table,
    rejected_because,
    source_row
from {{ source('hubspot', 'hubspot__rejected') }}

union all

select
    'hubspot__deals' as landing_table,
    rejected_because,
    source_row
from {{ ref('base_hubspot__deals') }}
where rejected_because is not null
