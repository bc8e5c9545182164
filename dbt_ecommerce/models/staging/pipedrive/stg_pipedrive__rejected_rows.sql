{{ config(enabled='pipedrive' in var('sources')) }}

select
    {{ dbt.concat(["'pipedrive__'", "resource"]) }} as landing_table,
    rejected_because,
    source_row
from {{ source('pipedrive', 'pipedrive__rejected') }}

union all

select
    'pipedrive__deals' as landing_table,
    rejected_because,
    source_row
from {{ ref('base_pipedrive__deals') }}
where rejected_because is not null
