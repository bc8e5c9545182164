{{ config(enabled='sales_form' in var('sources')) }}

select
    source_name,
    'sales_form__entries' as landing_table,
    rejected_because,
    source_row
from {{ ref('base_sales_form__sales') }}
where rejected_because is not null and not is_voided
