{{ config(enabled=crm_sources() != []) }}

with visits as (

    select * from {{ ref('int_deal_stage_visits') }}
    -- won and lost are ends, not stages on the way
    where not is_closed_stage

),

deals as (

    select * from {{ ref('int_deals') }}

),

stages as (

    select * from {{ ref('int_deal_stages') }}

),

sellers as (

    select * from {{ ref('sellers') }}

),

entered as (

    select
        source_name,
        deal_id,
        pipeline_id,
        stage_id,
        display_order,
        min(entered_at) as entered_at
    from visits
    where pipeline_id is not null
    group by source_name, deal_id, pipeline_id, stage_id, display_order

),

-- whether it came to a later stage of the pipeline afterwards
moved as (

    select
        entered.source_name,
        entered.deal_id,
        entered.pipeline_id,
        entered.stage_id,
        max(case when later.deal_id is not null then 1 else 0 end) as is_moved
    from entered
    left join visits as later
        on
            entered.source_name = later.source_name
            and entered.deal_id = later.deal_id
            and entered.pipeline_id = later.pipeline_id
            and entered.display_order < later.display_order
            and entered.entered_at <= later.entered_at
    group by
        entered.source_name,
        entered.deal_id,
        entered.pipeline_id,
        entered.stage_id

),

counted as (

    select
        moved.source_name,
        moved.pipeline_id,
        moved.stage_id,
        deals.owner_id,
        count(*) as entered_deals,
        sum(
            case when moved.is_moved = 1 or deals.is_won then 1 else 0 end
        ) as moved_on_deals,
        sum(case when deals.is_won then 1 else 0 end) as won_deals,
        sum(
            case
                when moved.is_moved = 0 and deals.is_lost then 1
                else 0
            end
        ) as lost_here_deals
    from moved
    inner join deals
        on
            moved.source_name = deals.source_name
            and moved.deal_id = deals.deal_id
    group by
        moved.source_name, moved.pipeline_id, moved.stage_id, deals.owner_id

),

final as (

    select
        -- ids
        counted.source_name,
        counted.pipeline_id,
        counted.stage_id,
        counted.owner_id,

        -- strings
        stages.pipeline_name,
        stages.stage_name,
        sellers.seller_name as owner_name,

        -- numerics
        stages.display_order,
        cast(counted.entered_deals as integer) as entered_deals,
        cast(counted.moved_on_deals as integer) as moved_on_deals,
        cast(counted.lost_here_deals as integer) as lost_here_deals,
        cast(counted.won_deals as integer) as won_deals,
        {{ share('counted.moved_on_deals', 'counted.entered_deals') }}
            as conversion_rate,
        {{ share('counted.won_deals', 'counted.entered_deals') }} as win_rate

    from counted
    left join stages
        on
            counted.source_name = stages.source_name
            and counted.stage_id = stages.stage_id
    left join sellers
        on
            counted.source_name = sellers.source_name
            and counted.owner_id = sellers.seller_id

)

select * from final
