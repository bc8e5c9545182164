{{ config(enabled=crm_sources() != []) }}

-- Nothing disappears between what was synced and staging, but what HubSpot
-- itself merged into another record.
with counts as (
    {%- for source_name in crm_sources() %}

    select
        '{{ source_name }}__deals' as landing_table,
        (
            select count(*)
            from {{ source(source_name, source_name ~ '__deals') }}
        ) as landed_deals,
        (
            select count(*) from {{ ref('stg_' ~ source_name ~ '__deals') }}
        ) as staged_deals,
        (
            select count(*) from {{ ref('base_' ~ source_name ~ '__deals') }}
            where rejected_because is not null
        ) as rejected_deals,
        {% if source_name == 'hubspot' -%}
        (
            select count(*)
            from {{ source('hubspot', 'hubspot__deals') }} as deals
            inner join {{ ref('base_hubspot__merges') }} as mergers
                on deals.id = mergers.record_id
            where mergers.object_type = 'deal'
        ) as merged_deals
        {%- else -%}
        0 as merged_deals
        {%- endif %}
    {%- if not loop.last %}

    union all
    {%- endif %}
    {%- endfor %}

)

select *
from counts
where landed_deals != staged_deals + rejected_deals + merged_deals
