{{ config(enabled=crm_sources() != []) }}

{%- set median = 'percentile_cont(0.5) within group (order by {})' %}

with visits as (

    select * from {{ ref('int_deal_stage_visits') }}
    where not is_closed_stage and pipeline_id is not null

),

deals as (

    select * from {{ ref('int_deals') }}

),

stages as (

    select * from {{ ref('int_deal_stages') }}

),

measured as (

    select
        visits.source_name,
        visits.pipeline_id,
        visits.stage_id,
        count(*) as visits,
        count(visits.days_in_stage) as ended_visits,
        avg(visits.days_in_stage) as average_days,
        {{ median.format('visits.days_in_stage') }} as median_days
    from visits
    inner join deals
        on
            visits.source_name = deals.source_name
            and visits.deal_id = deals.deal_id
    group by visits.source_name, visits.pipeline_id, visits.stage_id

),

final as (

    select
        -- ids
        measured.source_name,
        measured.pipeline_id,
        measured.stage_id,

        -- strings
        stages.pipeline_name,
        stages.stage_name,

        -- numerics
        stages.display_order,
        cast(measured.visits as integer) as visits,
        cast(measured.ended_visits as integer) as ended_visits,
        cast(measured.average_days as numeric(9, 2)) as average_days,
        cast(measured.median_days as numeric(9, 2)) as median_days

    from measured
    left join stages
        on
            measured.source_name = stages.source_name
            and measured.stage_id = stages.stage_id

)

select * from final
