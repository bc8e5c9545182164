{{ config(enabled='pipedrive' in var('sources')) }}

select
    -- ids
    user_id as seller_id,

    -- strings
    user_name as seller_name,
    cast(null as {{ dbt.type_string() }}) as state

from {{ ref('stg_pipedrive__users') }}
