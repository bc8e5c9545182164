{{ config(enabled='hubspot' in var('sources')) }}

with pipelines as (

    select * from {{ source('hubspot', 'hubspot__pipelines') }}

),

sold as (

    select distinct product_id
    from {{ ref('stg_hubspot__deals') }}
    where is_won and product_id is not null

),

-- a specialty is its own name
named as (

    select
        sold.product_id,
        coalesce({{ squeeze('pipelines.label') }}, sold.product_id)
            as product_name
    from sold
    left join pipelines on sold.product_id = pipelines.id

),

final as (

    select
        -- ids
        product_id,

        -- strings
        product_name,
        product_name as category,

        -- numerics
        cast(null as numeric(18, 4)) as list_price,
        cast(null as numeric(18, 4)) as unit_cost,

        -- booleans
        true as is_goods

    from named

)

select * from final
