{{ config(enabled='hubspot' in var('sources')) }}

with pipelines as (

    select * from {{ source('hubspot', 'hubspot__pipelines') }}

),

stages as (

    select
        pipelines.id as pipeline_id,
        pipelines.label as pipeline_name,
        coalesce(pipelines.archived, false) as is_pipeline_deleted,
        {{ json_field('stage.item', 'id') }} as stage_id,
        {{ json_field('stage.item', 'label') }} as stage_name,
        {{ json_field('stage.item', 'displayOrder') }} as display_order,
        {{ json_field('stage.item', 'archived') }} as archived,
        {{ json_field('stage.item', 'metadata.isClosed') }} as is_closed,
        {{ json_field('stage.item', 'metadata.probability') }} as probability
    from pipelines
    {{ json_rows('pipelines.stages', '', 'stage') }}

),

final as (

    select
        -- ids
        pipeline_id,
        stage_id,

        -- strings
        {{ squeeze('pipeline_name') }} as pipeline_name,
        {{ squeeze('stage_name') }} as stage_name,

        -- numerics
        {{ try_cast('display_order', 'integer') }} as display_order,

        -- booleans
        coalesce(is_closed = 'true', false) as is_closed,
        coalesce(
            is_closed = 'true' and {{ try_cast('probability', 'numeric') }} = 1,
            false
        ) as is_won,
        is_pipeline_deleted or coalesce(archived = 'true', false) as is_deleted

    from stages
    where stage_id is not null

)

select * from final
