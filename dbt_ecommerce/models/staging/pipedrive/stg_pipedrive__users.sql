{{ config(enabled='pipedrive' in var('sources')) }}

select
    -- ids
    cast(id as {{ dbt.type_string() }}) as user_id,

    -- strings
    {{ squeeze('name') }} as user_name,
    {{ email_address('email') }} as email,

    -- booleans
    coalesce(active_flag, true) as is_active

from {{ source('pipedrive', 'pipedrive__users') }}
