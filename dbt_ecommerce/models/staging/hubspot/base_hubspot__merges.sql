{{ config(enabled='hubspot' in var('sources'), materialized='table') }}

with named as (
    {%- for object in ['contact', 'company', 'deal'] %}

    select
        '{{ object }}' as object_type,
        records.id as merged_into_id,
        {{ squeeze('merged.item') }} as record_id
    from {{ source('hubspot', 'hubspot__' ~ (
        'companies' if object == 'company' else object ~ 's'
    )) }} as records
    {{ split_rows(
        json_field('records.properties', 'hs_merged_object_ids'), ';', 'merged'
    ) }}
    {%- if not loop.last %}

    union all
    {%- endif %}
    {%- endfor %}

),

-- named by two that were merged in turn, a record leads to the same from
-- either
mergers as (

    select
        object_type,
        record_id,
        max(merged_into_id) as merged_into_id
    from named
    where record_id is not null and record_id != merged_into_id
    group by object_type, record_id

),

-- What it was merged into may have been merged in turn. Each pass doubles how
-- far a record is followed: five make 32 mergers.
{%- set passes = 5 %}
{%- for pass in range(passes) %}
{%- set before = 'mergers' if loop.first else 'followed_' ~ (pass - 1) %}
followed_{{ pass }} as (

    select
        mergers.object_type,
        mergers.record_id,
        coalesce(further.merged_into_id, mergers.merged_into_id)
            as merged_into_id
    from {{ before }} as mergers
    left join {{ before }} as further
        on
            mergers.object_type = further.object_type
            and mergers.merged_into_id = further.record_id

)
{%- if not loop.last %},{% endif %}
{% endfor %}
select * from followed_{{ passes - 1 }}
