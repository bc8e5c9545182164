{{ config(enabled=crm_sources() != []) }}

with deals as (

    select * from {{ ref('int_deals') }}

),

stages as (

    select * from {{ ref('int_deal_stages') }}

),

counted as (

    select
        source_name,
        pipeline_id,
        stage_id,
        count(*) as total_deals,
        sum(case when is_open then 1 else 0 end) as open_deals,
        sum(case when is_won then 1 else 0 end) as won_deals,
        sum(case when is_lost then 1 else 0 end) as lost_deals,
        sum(case when is_open then coalesce(amount, 0) else 0 end)
            as open_amount,
        sum(case when is_won then coalesce(amount, 0) else 0 end) as won_amount,
        case
            when count(distinct currency) = 1 then min(currency)
            when count(distinct currency) > 1 then 'mixed'
        end as currency
    from deals
    group by source_name, pipeline_id, stage_id

),

-- a stage without deals is a row, and so is one that only deals know
all_stages as (

    select
        source_name,
        pipeline_id,
        stage_id
    from stages
    where not is_deleted

    union distinct

    select
        source_name,
        pipeline_id,
        stage_id
    from counted

),

final as (

    select
        -- ids
        all_stages.source_name,
        all_stages.pipeline_id,
        all_stages.stage_id,

        -- strings
        stages.pipeline_name,
        stages.stage_name,
        counted.currency,

        -- numerics
        stages.display_order,
        {%- for count in [
            'total_deals', 'open_deals', 'won_deals', 'lost_deals'
        ] %}
        cast(coalesce(counted.{{ count }}, 0) as integer) as {{ count }},
        {%- endfor %}
        cast(coalesce(counted.open_amount, 0) as numeric(18, 2)) as open_amount,
        cast(coalesce(counted.won_amount, 0) as numeric(18, 2)) as won_amount

    from all_stages
    left join stages
        on
            all_stages.source_name = stages.source_name
            and all_stages.stage_id = stages.stage_id
    left join counted
        on
            all_stages.source_name = counted.source_name
            and all_stages.pipeline_id = counted.pipeline_id
            and all_stages.stage_id = counted.stage_id

)

select * from final
