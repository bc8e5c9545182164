{{ config(enabled='hubspot' in var('sources'), materialized='table') }}

with source as (

    select * from {{ source('hubspot', 'hubspot__companies') }}

),

mergers as (

    select * from {{ ref('base_hubspot__merges') }}
    where object_type = 'company'

),

specialties as (

    select * from {{ ref('base_hubspot__specialties') }}

),

properties as (

    select
        source.id as company_id,
        {%- for property in [
            'name', 'city', 'state', 'country', 'createdate'
        ] %}
        {{ squeeze(json_field('source.properties', property)) }}
            as {{ property }},
        {%- endfor %}
        {{ squeeze(json_field('source.properties', 'domain')) }}
            as domain_name,
        {{ squeeze(json_field(
            'source.properties', var('hubspot_specialty_property')
        )) }} as specialty_as_typed,
        coalesce(source.archived, false) as is_deleted,
        source.created_at,
        case
            when source.archived
                then coalesce(source.archived_at, source.updated_at)
        end as deleted_at
    from source
    left join mergers on source.id = mergers.record_id
    where mergers.record_id is null

),

cleaned as (

    select
        -- ids
        properties.company_id,

        -- strings
        {{ name_case('properties.name') }} as company_name,
        {{ replace_pattern(
            'lower(properties.domain_name)', '^(https?://)?(www[.])?|/.*$', ''
        ) }} as domain_name,
        coalesce(specialties.specialty, 'unassigned') as specialty,
        properties.specialty_as_typed,
        {{ name_case('properties.city') }} as city,
        properties.state,
        properties.country,

        -- to compare by: a title makes no other doctor
        {{ squeeze(replace_pattern(
            replace_pattern(plain('properties.name'), '[.,-]', ' '),
            '(^| )(dr|dra|doutor|doutora) ',
            ' '
        )) }} as plain_name,

        -- booleans
        properties.is_deleted,

        -- timestamps
        coalesce(
            {{ to_utc('properties.created_at') }},
            {{ to_utc(try_cast('properties.createdate', 'timestamptz')) }}
        ) as created_at,
        {{ to_utc('properties.deleted_at') }} as deleted_at

    from properties
    left join specialties
        on {{ plain('properties.specialty_as_typed') }} = specialties.spelling

),

-- a record without a specialty is of the company that has the same name,
-- the same domain and one
with_known_specialty as (

    select
        *,
        case
            when specialty != 'unassigned' then specialty
            when domain_name is not null
                then first_value(nullif(specialty, 'unassigned')) over (
                    partition by plain_name, domain_name
                    order by
                        case
                            when specialty = 'unassigned' then 1 else 0
                        end asc,
                        created_at asc nulls last,
                        company_id asc
                )
        end as known_specialty
    from cleaned

),

with_company as (

    select
        *,
        case
            when plain_name is null then company_id
            else {{ dbt.concat([
                "plain_name",
                "'|'",
                "coalesce(known_specialty, domain_name, '')",
            ]) }}
        end as company
    from with_known_specialty

),

ranked as (

    select
        *,
        -- which was not deleted, then which is oldest; ids are numbers that
        -- grow
        row_number() over (
            partition by company
            order by
                is_deleted asc,
                created_at asc nulls last,
                {{ dbt.length('company_id') }} asc,
                company_id asc
        ) as survivor_rank
    from with_company

),

final as (

    select
        -- ids
        company_id,
        first_value(company_id) over (
            partition by company
            order by survivor_rank
        ) as surviving_company_id,

        -- strings
        company_name,
        domain_name,
        coalesce(known_specialty, 'unassigned') as specialty,
        specialty_as_typed,
        city,
        state,
        country,

        -- numerics
        survivor_rank,

        -- booleans
        is_deleted,

        -- timestamps
        created_at,
        deleted_at

    from ranked

)

select * from final
