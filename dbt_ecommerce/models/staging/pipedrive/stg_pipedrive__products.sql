{{ config(enabled='pipedrive' in var('sources')) }}

-- what is sold is a deal, and its kind the pipeline it went through
with pipelines as (

    select * from {{ ref('stg_pipedrive__pipelines') }}

),

sold as (

    select distinct pipeline_id
    from {{ ref('stg_pipedrive__deals') }}
    where is_won and pipeline_id is not null

)

select
    -- ids
    sold.pipeline_id as product_id,

    -- strings
    coalesce(pipelines.pipeline_name, sold.pipeline_id) as product_name,
    coalesce(pipelines.pipeline_name, sold.pipeline_id) as category,

    -- numerics
    cast(null as numeric(18, 4)) as list_price,
    cast(null as numeric(18, 4)) as unit_cost,

    -- booleans
    true as is_goods

from sold
left join pipelines on sold.pipeline_id = pipelines.pipeline_id
