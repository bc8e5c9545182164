{{ config(enabled='uci_online_retail' in var('sources')) }}

select
    'uci_online_retail__online_retail' as landing_table,
    rejected_because,
    source_row
from {{ ref('base_uci_online_retail__invoice_lines') }}
where rejected_because is not null
