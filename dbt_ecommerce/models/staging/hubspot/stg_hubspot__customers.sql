{{ config(enabled='hubspot' in var('sources')) }}

{#- Who comes back: people, or those they come for. -#}
{%- set are_companies = var('hubspot_customers') == 'companies' -%}
{%- set not_known = 'cast(null as ' ~ dbt.type_string() ~ ')' -%}

with customers as (

    select * from {{ ref(
        'stg_hubspot__companies' if are_companies else 'stg_hubspot__contacts'
    ) }}
    where not is_deleted

),

final as (

    select
        -- ids
        {{ 'company_id' if are_companies else 'contact_id' }} as customer_id,

        -- strings
        {{ 'company_name' if are_companies else 'contact_name' }}
            as customer_name,
        {{ not_known if are_companies else 'email' }} as email,
        city,
        state,
        country,
        {{ not_known if are_companies else 'acquisition_channel' }}
            as acquisition_channel,

        -- dates
        {{ shop_day('created_at') }} as signed_up_on

    from customers

)

select * from final
