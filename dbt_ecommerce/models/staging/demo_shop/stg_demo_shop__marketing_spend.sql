{{ config(enabled='demo_shop' in var('sources')) }}

with source as (

    select * from {{ ref('raw_marketing_spend') }}

),

cast_to_types as (

    -- a row that the export holds twice is one
    select distinct
        -- strings
        acquisition_channel,

        -- numerics
        {{ try_cast('amount', 'numeric') }} as amount,

        -- dates
        {{ try_cast('spend_month', 'date') }} as month_starts_on

    from source

)

select * from cast_to_types
where amount >= 0 and month_starts_on is not null
