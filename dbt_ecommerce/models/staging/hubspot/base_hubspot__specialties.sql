{{ config(enabled='hubspot' in var('sources') and var('hubspot_clinic')) }}

-- spellings that differ in case or accents only are one
select
    {{ plain(squeeze('spelling')) }} as spelling,
    min(specialty) as specialty
from {{ ref('hubspot_specialties') }}
group by {{ plain(squeeze('spelling')) }}
