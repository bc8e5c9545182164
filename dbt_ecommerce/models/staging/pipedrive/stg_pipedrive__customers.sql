{{ config(enabled='pipedrive' in var('sources')) }}

{#- Who comes back: people, or those they come for. -#}
{%- set are_organizations = var('pipedrive_customers') == 'organizations' -%}
{%- set not_known = 'cast(null as ' ~ dbt.type_string() ~ ')' -%}

with customers as (

    select * from {{ ref(
        'stg_pipedrive__organizations' if are_organizations
        else 'stg_pipedrive__persons'
    ) }}
    where not is_deleted

),

final as (

    select
        -- ids
        {{ 'organization_id' if are_organizations else 'person_id' }}
            as customer_id,

        -- strings
        {{ 'organization_name' if are_organizations else 'person_name' }}
            as customer_name,
        {{ not_known if are_organizations else 'email' }} as email,
        {{ 'city' if are_organizations else not_known }} as city,
        {{ 'state' if are_organizations else not_known }} as state,
        {{ 'country' if are_organizations else not_known }} as country,
        {{ not_known }} as acquisition_channel,

        -- dates
        {{ shop_day('created_at') }} as signed_up_on

    from customers

)

select * from final
