{{ config(enabled=crm_sources() != []) }}

with changes as (

    {{ union_sources('deal_stage_changes', [
        'deal_id',
        'stage_id',
        'entered_on',
        'left_on',
        'entered_at',
        'left_at',
    ], crm_sources()) }}

),

stages as (

    select * from {{ ref('int_deal_stages') }}

),

as_of as (

    select * from {{ ref('as_of') }}

),

-- what was known on the as-of date: a stage that is left later is not left yet
known as (

    select
        changes.*,
        coalesce(changes.left_on < as_of.as_of_on, false) as is_left
    from changes
    inner join as_of on changes.entered_on < as_of.as_of_on

),

final as (

    select
        -- ids
        known.source_name,
        known.deal_id,
        known.stage_id,
        stages.pipeline_id,

        -- numerics
        stages.display_order,
        case
            when known.is_left
                then {{ dbt.datediff(
                    'known.entered_at', 'known.left_at', 'second'
                ) }} / 86400.0
        end as days_in_stage,

        -- booleans
        coalesce(stages.is_closed, false) as is_closed_stage,
        known.is_left,
        row_number() over (
            partition by known.source_name, known.deal_id
            order by
                known.entered_at desc,
                case when known.left_at is null then 0 else 1 end asc,
                known.left_at desc,
                known.stage_id desc
        ) = 1 as is_last,

        -- timestamps
        known.entered_at

    from known
    left join stages
        on
            known.source_name = stages.source_name
            and known.stage_id = stages.stage_id

)

select * from final
