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

-- what it was merged into may have been merged in turn, and that once more
followed as (

    select
        mergers.object_type,
        mergers.record_id,
        coalesce(
            merged_thrice.merged_into_id,
            merged_again.merged_into_id,
            mergers.merged_into_id
        ) as merged_into_id
    from mergers
    left join mergers as merged_again
        on
            mergers.object_type = merged_again.object_type
            and mergers.merged_into_id = merged_again.record_id
    left join mergers as merged_thrice
        on
            merged_again.object_type = merged_thrice.object_type
            and merged_again.merged_into_id = merged_thrice.record_id

)

select * from followed
