{{ config(enabled='hubspot' in var('sources'), materialized='table') }}

{#-
    What is sold is a deal, and its kind the pipeline it went through; in a
    clinic it is a consultation, and its kind the doctor's specialty.
-#}
{%- set product_id = (
    "coalesce(companies.category, 'unassigned')" if var('hubspot_clinic')
    else 'deals.pipeline_id'
) %}

with deals as (

    select * from {{ ref('base_hubspot__deals') }}
    where rejected_because is null

),

contacts as (

    select * from {{ ref('base_hubspot__deal_links') }}
    where object_type = 'contact'

),

companies as (

    select
        links.deal_id,
        companies.company_id,
        companies.category
    from {{ ref('base_hubspot__deal_links') }} as links
    inner join {{ ref('stg_hubspot__companies') }} as companies
        on links.record_id = companies.company_id
    where links.object_type = 'company'

),

final as (

    select
        -- ids
        deals.deal_id,
        deals.pipeline_id,
        deals.stage_id,
        deals.owner_id,
        contacts.record_id as contact_id,
        companies.company_id,
        {{ product_id }} as product_id,

        -- strings
        deals.deal_name,
        deals.currency,

        -- numerics
        deals.amount,

        -- booleans
        deals.is_won,
        deals.is_lost,
        deals.is_deleted,

        -- dates
        -- what was entered after the fact was there when it was closed
        least(
            {{ shop_day('deals.created_at') }},
            {{ shop_day('deals.closed_at') }}
        ) as opened_on,
        {{ shop_day('deals.closed_at') }} as closed_on,
        {{ shop_day('deals.deleted_at') }} as deleted_on,

        -- timestamps
        deals.created_at,
        deals.closed_at,
        deals.deleted_at

    from deals
    left join contacts on deals.deal_id = contacts.deal_id
    left join companies on deals.deal_id = companies.deal_id

)

select * from final
