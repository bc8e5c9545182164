{{ config(enabled='hubspot' in var('sources'), materialized='table') }}

with entries as (

    select * from {{ ref('base_hubspot__deal_stage_entries') }}

),

deals as (

    select * from {{ ref('stg_hubspot__deals') }}

),

changes as (

    select
        -- ids
        entries.deal_id,
        entries.stage_id,

        -- dates
        {{ shop_day('entries.entered_at') }} as entered_on,

        -- timestamps
        entries.entered_at,
        lead(entries.entered_at) over (
            partition by entries.deal_id
            order by entries.entered_at, entries.stage_id
        ) as left_at

    from entries
    inner join deals on entries.deal_id = deals.deal_id

)

select
    *,
    {{ shop_day('left_at') }} as left_on
from changes
