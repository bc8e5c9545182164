{{ config(enabled='cdnow' in var('sources')) }}

select
    'cdnow__cdnow' as landing_table,
    rejected_because,
    source_row
from {{ ref('base_cdnow__purchases') }}
where rejected_because is not null
