{{ config(enabled='pipedrive' in var('sources'), materialized='table') }}

with deals as (

    select * from {{ ref('stg_pipedrive__deals') }}

),

changes as (

    select
        cast(deal_id as {{ dbt.type_string() }}) as deal_id,
        nullif(trim(old_value), '') as stage_before,
        nullif(trim(new_value), '') as stage_id,
        {{ to_utc('time') }} as entered_at,
        row_number() over (
            partition by deal_id
            order by time, new_value
        ) as change_rank
    from {{ source('pipedrive', 'pipedrive__deal_changes') }}
    where
        field_key = 'stage_id'
        and time is not null
        and coalesce(old_value, '') != coalesce(new_value, '')

),

last_known as (

    select
        deal_id,
        max(entered_at) as entered_at
    from changes
    group by deal_id

),

-- the stage in which the deal was made: the one that the first change left
first_stages as (

    select
        deals.deal_id,
        changes.stage_before as stage_id,
        deals.created_at as entered_at,
        true as is_first
    from deals
    inner join changes on deals.deal_id = changes.deal_id
    where
        changes.change_rank = 1
        and changes.stage_before is not null
        -- a deal may be moved in the second in which it is made
        and deals.created_at <= changes.entered_at

),

-- what the changelog does not tell, or not yet: the stage the deal is in now.
-- A deal that never changed it came into it when it was made
current_stages as (

    select
        deals.deal_id,
        deals.stage_id,
        coalesce(deals.stage_changed_at, deals.created_at) as entered_at,
        false as is_first
    from deals
    left join last_known on deals.deal_id = last_known.deal_id
    where
        last_known.deal_id is null
        or deals.stage_changed_at > last_known.entered_at

),

entries as (

    select
        deal_id,
        stage_id,
        entered_at,
        false as is_first
    from changes

    union all

    select * from first_stages

    union all

    select * from current_stages

),

with_next as (

    select
        entries.deal_id,
        entries.stage_id,
        entries.entered_at,
        deals.closed_at,
        lead(entries.entered_at) over (
            partition by entries.deal_id
            order by
                entries.entered_at,
                -- of two within a second, the one in which it was made, then
                -- the one in which it stays
                case when entries.is_first then 0 else 1 end,
                case when entries.stage_id = deals.stage_id then 1 else 0 end,
                entries.stage_id
        ) as next_entered_at
    from entries
    inner join deals on entries.deal_id = deals.deal_id
    where entries.stage_id is not null and entries.entered_at is not null

),

-- a deal that is won or lost leaves its last stage by that
ended as (

    select
        deal_id,
        stage_id,
        entered_at,
        coalesce(
            next_entered_at,
            case when closed_at >= entered_at then closed_at end
        ) as left_at
    from with_next

),

final as (

    select
        -- ids
        deal_id,
        stage_id,

        -- dates
        {{ shop_day('entered_at') }} as entered_on,
        {{ shop_day('left_at') }} as left_on,

        -- timestamps
        entered_at,
        left_at

    from ended

)

select * from final
