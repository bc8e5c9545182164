{{ config(enabled='hubspot' in var('sources')) }}

{%- set category_property = var('hubspot_company_category_property') %}

with source as (

    select * from {{ source('hubspot', 'hubspot__companies') }}

),

mergers as (

    select * from {{ ref('base_hubspot__merges') }}
    where object_type = 'company'

),

properties as (

    select
        source.id as company_id,
        {%- for property in [
            'name', 'domain', 'city', 'state', 'country', 'createdate'
        ] %}
        {{ squeeze(json_field('source.properties', property)) }}
            as {{ property }},
        {%- endfor %}
        {% if category_property -%}
        {{ squeeze(json_field('source.properties', category_property)) }}
        {%- else -%}
        cast(null as {{ dbt.type_string() }})
        {%- endif %} as category,
        coalesce(source.archived, false) as is_deleted,
        source.created_at,
        case
            when source.archived
                then coalesce(source.archived_at, source.updated_at)
        end as deleted_at
    from source
    -- a company that HubSpot merged into another one is that one
    left join mergers on source.id = mergers.record_id
    where mergers.record_id is null

),

cleaned as (

    select
        -- ids
        company_id,

        -- strings
        name as company_name,
        {{ replace_pattern(
            'lower(domain)', '^(https?://)?(www[.])?|/.*$', ''
        ) }} as domain_name,
        category,
        {{ name_case('city') }} as city,
        state,
        country,

        -- booleans
        is_deleted,

        -- timestamps
        coalesce(
            {{ to_utc('created_at') }},
            {{ to_utc(try_cast('createdate', 'timestamptz')) }}
        ) as created_at,
        {{ to_utc('deleted_at') }} as deleted_at

    from properties

),

-- without a name nobody can tell whether it is another record's
final as (

    select
        *,
        {{ dbt.concat([
            plain('company_name'), "'|'", "coalesce(domain_name, '')"
        ]) }} as company_identity
    from cleaned

)

select * from final
