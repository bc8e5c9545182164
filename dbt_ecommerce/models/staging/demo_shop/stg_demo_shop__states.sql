{{ config(enabled='demo_shop' in var('sources')) }}

with source as (

    select * from {{ ref('raw_states') }}

),

final as (

    select
        -- ids
        state_code as state,

        -- strings
        max(state_name) as state_name,
        max(region) as region

    from source
    where state_code is not null
    group by state_code

)

select * from final
