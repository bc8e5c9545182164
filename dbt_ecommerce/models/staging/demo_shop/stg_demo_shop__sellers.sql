{{ config(enabled='demo_shop' in var('sources')) }}

with source as (

    select * from {{ ref('raw_sellers') }}

),

final as (

    select
        -- ids
        seller_id,

        -- strings
        max(seller_name) as seller_name,
        max(state_code) as state

    from source
    where seller_id is not null
    group by seller_id

)

select * from final
