{{ config(enabled='pipedrive' in var('sources')) }}

select
    -- ids
    cast(id as {{ dbt.type_string() }}) as pipeline_id,

    -- strings
    {{ squeeze('name') }} as pipeline_name,

    -- numerics
    {{ try_cast('order_nr', 'integer') }} as display_order,

    -- booleans
    coalesce(is_deleted, false) as is_deleted

from {{ source('pipedrive', 'pipedrive__pipelines') }}
