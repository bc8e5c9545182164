{{ config(enabled='hubspot' in var('sources')) }}

select
    -- ids
    owner_id as seller_id,

    -- strings
    owner_name as seller_name,
    cast(null as {{ dbt.type_string() }}) as state

from {{ ref('stg_hubspot__owners') }}
