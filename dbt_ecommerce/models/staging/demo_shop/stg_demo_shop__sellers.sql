{{ config(enabled='demo_shop' in var('sources')) }}

with source as (

    select * from {{ ref('raw_sellers') }}

),

renamed as (

    select
        -- ids
        seller_id,

        -- strings
        seller_name,
        state_code as state

    from source

)

select * from renamed
