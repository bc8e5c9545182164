{{ config(enabled=crm_sources() != []) }}

with staged as (

    {{ union_sources('deals', [
        'deal_id',
        'pipeline_id',
        'stage_id',
        'owner_id',
        'currency',
        'amount',
        'is_won',
        'is_lost',
        'is_deleted',
        'opened_on',
        'closed_on',
        'deleted_on',
    ], crm_sources()) }}

),

as_of as (

    select * from {{ ref('as_of') }}

),

-- what was known on the as-of date: later deals have not been made yet, and
-- what is closed later is open
known as (

    select
        staged.*,
        (staged.is_won or staged.is_lost)
        and coalesce(staged.closed_on < as_of.as_of_on, true) as is_ended
    from staged
    inner join as_of on staged.opened_on < as_of.as_of_on
    where
        not staged.is_deleted
        or staged.deleted_on >= as_of.as_of_on

),

visits as (

    select * from {{ ref('int_deal_stage_visits') }}

),

-- the stage that it had come to by then
stages as (

    select
        source_name,
        deal_id,
        stage_id,
        pipeline_id
    from visits
    where is_last

),

final as (

    select
        -- ids
        known.source_name,
        known.deal_id,
        coalesce(stages.pipeline_id, known.pipeline_id, 'unassigned')
            as pipeline_id,
        coalesce(stages.stage_id, known.stage_id, 'unassigned') as stage_id,
        coalesce(known.owner_id, 'unassigned') as owner_id,

        -- strings
        known.currency,

        -- numerics
        known.amount,

        -- booleans
        known.is_won and known.is_ended as is_won,
        known.is_lost and known.is_ended as is_lost,
        not known.is_ended as is_open,

        -- dates
        known.opened_on,
        case when known.is_ended then known.closed_on end as closed_on

    from known
    left join stages
        on
            known.source_name = stages.source_name
            and known.deal_id = stages.deal_id

)

select * from final
