{{ config(
    enabled='pipedrive' in var('sources'),
    materialized='table',
    indexes=[{'columns': ['order_item_id'], 'unique': true}],
) }}

with deals as (

    select * from {{ ref('stg_pipedrive__deals') }}
    where is_won

),

final as (

    select
        -- ids
        deal_id as order_item_id,
        deal_id as order_id,
        pipeline_id as product_id,

        -- strings
        -- the product's: deals are called after people, and names of products
        -- go to the channel
        cast(null as {{ dbt.type_string() }}) as product_name,

        -- numerics
        1 as quantity,
        -- a deal that nobody put a price on was won all the same
        coalesce(amount, cast(0 as numeric(18, 4))) as unit_price,
        cast(null as numeric(18, 4)) as discount

    from deals

)

select * from final
