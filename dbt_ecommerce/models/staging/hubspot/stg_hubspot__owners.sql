{{ config(enabled='hubspot' in var('sources')) }}

with owners as (

    select * from {{ source('hubspot', 'hubspot__owners') }}

),

final as (

    select
        -- ids
        id as owner_id,

        -- strings
        coalesce(
            nullif(
                trim({{ dbt.concat([
                    "coalesce(first_name, '')", "' '", "coalesce(last_name, '')"
                ]) }}), ''
            ),
            {{ email_address('email') }}
        ) as owner_name,
        {{ email_address('email') }} as email,

        -- booleans
        coalesce(archived, false) as is_gone

    from owners
    where id is not null

)

select * from final
