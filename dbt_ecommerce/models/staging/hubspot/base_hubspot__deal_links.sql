{{ config(enabled='hubspot' in var('sources'), materialized='table') }}

with deals as (

    select * from {{ source('hubspot', 'hubspot__deals') }}

),

survivors as (

    select * from {{ ref('base_hubspot__survivors') }}

),

links as (
    {%- for object, list in {
        'contact': 'contacts', 'company': 'companies'
    }.items() %}

    select
        deals.id as deal_id,
        '{{ object }}' as object_type,
        {{ json_field('link.item', 'id') }} as record_id,
        {{ json_field('link.item', 'type') }} as link_type
    from deals
    {{ json_rows('deals.associations', list ~ '.results', 'link') }}
    {%- if not loop.last %}

    union all
    {%- endif %}
    {%- endfor %}

),

-- HubSpot calls the main one deal_to_company, and others by a label or none
ranked as (

    select
        *,
        row_number() over (
            partition by deal_id, object_type
            order by
                case
                    when link_type in ('deal_to_contact', 'deal_to_company')
                        then 0
                    else 1
                end asc,
                {{ dbt.length('record_id') }} asc,
                record_id asc
        ) as link_rank
    from links
    where record_id is not null

)

select
    ranked.deal_id,
    ranked.object_type,
    coalesce(survivors.surviving_id, ranked.record_id) as record_id
from ranked
left join survivors
    on
        ranked.object_type = survivors.object_type
        and ranked.record_id = survivors.record_id
where ranked.link_rank = 1
