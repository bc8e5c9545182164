{{ config(enabled='hubspot' in var('sources') and var('hubspot_clinic')) }}

{%- if var('hubspot_clinic') and not var('hubspot_company_category_property') %}
{{ exceptions.raise_compiler_error(
    "The variable hubspot_clinic wants hubspot_company_category_property beside it: name the property of a company"
    ~ " that says its specialty in dbt_project.yml."
) }}
{%- endif %}

with records as (

    select * from {{ ref('base_hubspot__company_records') }}

),

specialties as (

    select * from {{ ref('base_hubspot__specialties') }}

),

cleaned as (

    select
        records.*,
        {{ name_case('records.company_name') }} as doctor_name,
        -- to compare by: a title makes no other doctor
        {{ squeeze(replace_pattern(
            replace_pattern(plain('records.company_name'), '[.,-]', ' '),
            '(^| )(dr|dra|doutor|doutora) ',
            ' '
        )) }} as plain_name,
        specialties.specialty
    from records
    left join specialties
        on {{ plain('records.category') }} = specialties.spelling

),

-- a record without a specialty is of the doctor who has the same name, the
-- same domain and one
with_known_specialty as (

    select
        *,
        case
            when specialty is not null then specialty
            when domain_name is not null
                then first_value(specialty) over (
                    partition by plain_name, domain_name
                    order by
                        case when specialty is null then 1 else 0 end asc,
                        created_at asc nulls last,
                        company_id asc
                )
        end as known_specialty
    from cleaned

),

final as (

    select
        -- ids
        company_id,

        -- strings
        doctor_name as company_name,
        domain_name,
        known_specialty as category,
        category as specialty_as_typed,
        city,
        state,
        country,
        {{ dbt.concat([
            "plain_name", "'|'", "coalesce(known_specialty, domain_name, '')"
        ]) }} as company_identity,

        -- booleans
        is_deleted,

        -- timestamps
        created_at,
        deleted_at

    from with_known_specialty

)

select * from final
