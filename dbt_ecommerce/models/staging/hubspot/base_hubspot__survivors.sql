{{ config(enabled='hubspot' in var('sources'), materialized='table') }}

with contacts as (

    select * from {{ ref('base_hubspot__contacts') }}

),

companies as (

    select * from {{ ref('base_hubspot__companies') }}

),

mergers as (

    select * from {{ ref('base_hubspot__merges') }}

),

landed as (

    select
        'contact' as object_type,
        contact_id as record_id,
        surviving_contact_id as surviving_id
    from contacts

    union all

    select
        'company' as object_type,
        company_id as record_id,
        surviving_company_id as surviving_id
    from companies

),

-- merged in HubSpot: such an id may stand in a deal without having a row
merged as (

    select
        mergers.object_type,
        mergers.record_id,
        coalesce(landed.surviving_id, mergers.merged_into_id) as surviving_id
    from mergers
    left join landed
        on
            mergers.object_type = landed.object_type
            and mergers.merged_into_id = landed.record_id
    where mergers.object_type != 'deal'

),

final as (

    select * from landed
    union all
    select * from merged

)

select * from final
