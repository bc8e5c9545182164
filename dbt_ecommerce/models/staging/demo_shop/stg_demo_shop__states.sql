{{ config(enabled='demo_shop' in var('sources')) }}

with source as (

    select * from {{ ref('raw_states') }}

),

renamed as (

    select
        -- ids
        state_code as state,

        -- strings
        state_name,
        region

    from source

)

select * from renamed
