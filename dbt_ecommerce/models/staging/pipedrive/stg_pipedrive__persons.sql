{{ config(enabled='pipedrive' in var('sources'), materialized='table') }}

with persons as (

    select * from {{ source('pipedrive', 'pipedrive__persons') }}

),

addresses as (
    {%- for kind in ['emails', 'phones'] %}

    select
        persons.id,
        '{{ kind }}' as kind,
        {{ squeeze(json_field('address.item', 'value')) }} as address,
        coalesce({{ json_field('address.item', 'primary') }} = 'true', false)
            as is_primary
    from persons
    {{ json_rows('persons.' ~ kind, '', 'address') }}
    {%- if not loop.last %}

    union all
    {%- endif %}
    {%- endfor %}

),

usable as (

    select
        id,
        kind,
        is_primary,
        case
            when kind = 'emails' then {{ email_address('address') }}
            else address
        end as address
    from addresses

),

-- the one that is marked, else the first in the alphabet
ranked as (

    select
        *,
        row_number() over (
            partition by id, kind
            order by case when is_primary then 0 else 1 end, address
        ) as address_rank
    from usable
    where address is not null

),

main_addresses as (

    select * from ranked
    where address_rank = 1

),

final as (

    select
        -- ids
        cast(persons.id as {{ dbt.type_string() }}) as person_id,
        cast(persons.org_id as {{ dbt.type_string() }}) as organization_id,
        cast(persons.owner_id as {{ dbt.type_string() }}) as owner_id,

        -- strings
        {{ name_case(squeeze('persons.name')) }} as person_name,
        emails.address as email,
        phones.address as phone,

        -- booleans
        coalesce(persons.is_deleted, false) as is_deleted,

        -- timestamps
        {{ to_utc('persons.add_time') }} as created_at,
        case
            when persons.is_deleted then {{ to_utc('persons.update_time') }}
        end as deleted_at

    from persons
    left join main_addresses as emails
        on persons.id = emails.id and emails.kind = 'emails'
    left join main_addresses as phones
        on persons.id = phones.id and phones.kind = 'phones'

)

select * from final
