{{ config(enabled='demo_shop' in var('sources')) }}

with source as (

    select * from {{ ref('raw_marketing_spend') }}

),

renamed as (

    -- a row that the export holds twice is one
    select distinct
        -- strings
        acquisition_channel,

        -- numerics
        cast(amount as numeric(18, 4)) as amount,

        -- dates
        spend_month as month_starts_on

    from source

)

select * from renamed
