{{ config(enabled='hubspot' in var('sources'), materialized='table') }}

with source as (

    select * from {{ source('hubspot', 'hubspot__contacts') }}

),

mergers as (

    select * from {{ ref('base_hubspot__merges') }}
    where object_type = 'contact'

),

properties as (

    select
        source.id as contact_id,
        {%- for property in [
            'firstname', 'lastname', 'email', 'phone', 'mobilephone',
            'city', 'state', 'country', 'hs_analytics_source', 'createdate'
        ] %}
        {{ squeeze(json_field('source.properties', property)) }}
            as {{ property }},
        {%- endfor %}
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
        contact_id,

        -- strings
        {{ name_case('firstname') }} as first_name,
        {{ name_case('lastname') }} as last_name,
        {{ email_address('email') }} as email,
        coalesce(phone, mobilephone) as phone,
        {{ name_case('city') }} as city,
        state,
        country,
        lower(hs_analytics_source) as acquisition_channel,

        -- to compare by
        {{ replace_pattern('coalesce(phone, mobilephone)', '[^0-9]', '') }}
            as digits,
        {{ dbt.split_part(plain('firstname'), "' '", 1) }} as first_word,

        -- booleans
        is_deleted,
        coalesce(email != '' and {{ email_address('email') }} is null, false)
            as has_unusable_email,

        -- timestamps
        coalesce(
            {{ to_utc('created_at') }},
            {{ to_utc(try_cast('createdate', 'timestamptz')) }}
        ) as created_at,
        {{ to_utc('deleted_at') }} as deleted_at

    from properties

),

-- relatives share a telephone: it makes a person only with the first name,
-- and who has none is not the same as others without
with_phone_and_name as (

    select
        *,
        case
            when {{ dbt.length('digits') }} >= 8 and first_word is not null
                then {{ dbt.concat([
                    "right(digits, 10)", "' '", "first_word"
                ]) }}
        end as phone_and_name
    from cleaned

),

-- a record without an e-mail is of the person who has the same telephone
-- and one
with_person as (

    select
        *,
        coalesce(
            email,
            case
                when phone_and_name is not null
                    then first_value(email) over (
                        partition by phone_and_name
                        order by
                            case when email is null then 1 else 0 end asc,
                            created_at asc nulls last,
                            contact_id asc
                    )
            end,
            phone_and_name,
            contact_id
        ) as person
    from with_phone_and_name

),

ranked as (

    select
        *,
        -- who was not deleted, then who is oldest; ids are numbers that grow
        row_number() over (
            partition by person
            order by
                is_deleted asc,
                created_at asc nulls last,
                {{ dbt.length('contact_id') }} asc,
                contact_id asc
        ) as survivor_rank
    from with_person

),

final as (

    select
        -- ids
        contact_id,
        first_value(contact_id) over (
            partition by person
            order by survivor_rank
        ) as surviving_contact_id,

        -- strings
        first_name,
        last_name,
        email,
        phone,
        city,
        state,
        country,
        acquisition_channel,

        -- numerics
        survivor_rank,

        -- booleans
        is_deleted,
        has_unusable_email,

        -- timestamps
        created_at,
        deleted_at

    from ranked

)

select * from final
