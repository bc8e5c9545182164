{{ config(enabled='pipedrive' in var('sources')) }}

with organizations as (

    select * from {{ source('pipedrive', 'pipedrive__organizations') }}

),

final as (

    select
        -- ids
        cast(id as {{ dbt.type_string() }}) as organization_id,
        cast(owner_id as {{ dbt.type_string() }}) as owner_id,

        -- strings
        {{ squeeze('name') }} as organization_name,
        {{ squeeze(json_field('address', 'locality')) }} as city,
        {{ squeeze(json_field('address', 'admin_area_level_1')) }} as state,
        {{ squeeze(json_field('address', 'country')) }} as country,

        -- booleans
        coalesce(is_deleted, false) as is_deleted,

        -- timestamps
        {{ to_utc('add_time') }} as created_at,
        case when is_deleted then {{ to_utc('update_time') }} end as deleted_at

    from organizations

)

select * from final
