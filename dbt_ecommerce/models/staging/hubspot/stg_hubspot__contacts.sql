{{ config(enabled='hubspot' in var('sources'), materialized='table') }}

with contacts as (

    select * from {{ ref('base_hubspot__contacts') }}

),

-- what the survivor does not know is taken from the next one that does
filled as (

    select
        surviving_contact_id as contact_id,
        survivor_rank,
        {%- for column in [
            'first_name', 'last_name', 'email', 'phone', 'city', 'state',
            'country', 'acquisition_channel'
        ] %}
        first_value({{ column }}) over (
            partition by surviving_contact_id
            order by
                case when {{ column }} is null then 1 else 0 end, survivor_rank
        ) as {{ column }},
        {%- endfor %}
        max(case when has_unusable_email then 1 else 0 end) over (
            partition by surviving_contact_id
        ) as unusable_emails,
        is_deleted,
        min(created_at) over (
            partition by surviving_contact_id
        ) as created_at,
        deleted_at
    from contacts

),

final as (

    select
        -- ids
        contact_id,

        -- strings
        first_name,
        last_name,
        nullif(
            trim({{ dbt.concat([
                "coalesce(first_name, '')", "' '", "coalesce(last_name, '')"
            ]) }}), ''
        ) as contact_name,
        email,
        phone,
        city,
        state,
        country,
        acquisition_channel,

        -- booleans
        is_deleted,
        unusable_emails > 0 as has_unusable_email,

        -- timestamps
        created_at,
        deleted_at

    from filled
    where survivor_rank = 1

)

select * from final
