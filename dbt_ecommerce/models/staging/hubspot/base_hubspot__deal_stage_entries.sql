{{ config(enabled='hubspot' in var('sources'), materialized='table') }}

with deals as (

    select * from {{ source('hubspot', 'hubspot__deals') }}

),

history as (

    select
        deals.id as deal_id,
        {{ json_field('change.item', 'value') }} as stage_id,
        {{ json_field('change.item', 'timestamp') }} as changed_at
    from deals
    {{ json_rows('deals.properties_with_history', 'dealstage', 'change') }}

),

with_history as (

    select distinct deal_id from history

),

-- a deal whose history was not landed came into its stage when it was made
without_history as (

    select
        deals.id as deal_id,
        {{ json_field('deals.properties', 'dealstage') }} as stage_id,
        {{ json_field('deals.properties', 'createdate') }} as changed_at
    from deals
    left join with_history on deals.id = with_history.deal_id
    where with_history.deal_id is null

),

changes as (

    select * from history
    union all
    select * from without_history

),

cast_to_types as (

    select
        deal_id,
        nullif(trim(stage_id), '') as stage_id,
        {{ to_utc(try_cast('changed_at', 'timestamptz')) }} as entered_at
    from changes

),

with_stage_before as (

    select
        *,
        lag(stage_id) over (
            partition by deal_id
            order by entered_at, stage_id
        ) as stage_before
    from cast_to_types
    where stage_id is not null and entered_at is not null

)

-- a stage that was written once more is no change
select
    deal_id,
    stage_id,
    entered_at
from with_stage_before
where stage_before is null or stage_before != stage_id
