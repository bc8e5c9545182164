{{ config(enabled='[[ shop ]]' in var('sources')) }}

select
    '[[ shop ]]__sales' as landing_table,
    rejected_because,
    source_row
from {{ ref('base_[[ shop ]]__sales') }}
where rejected_because is not null
