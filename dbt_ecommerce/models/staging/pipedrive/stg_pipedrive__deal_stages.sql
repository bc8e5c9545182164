{{ config(enabled='pipedrive' in var('sources')) }}

with stages as (

    select * from {{ source('pipedrive', 'pipedrive__stages') }}

),

pipelines as (

    select * from {{ ref('stg_pipedrive__pipelines') }}

),

final as (

    select
        -- ids
        cast(stages.pipeline_id as {{ dbt.type_string() }}) as pipeline_id,
        cast(stages.id as {{ dbt.type_string() }}) as stage_id,

        -- strings
        pipelines.pipeline_name,
        {{ squeeze('stages.name') }} as stage_name,

        -- numerics
        {{ try_cast('stages.order_nr', 'integer') }} as display_order,

        -- booleans
        -- a deal is won or lost in whatever stage it stands
        false as is_closed,
        false as is_won,
        coalesce(stages.is_deleted, false)
        or coalesce(pipelines.is_deleted, false) as is_deleted

    from stages
    left join pipelines
        on
            cast(stages.pipeline_id as {{ dbt.type_string() }})
            = pipelines.pipeline_id

)

select * from final
