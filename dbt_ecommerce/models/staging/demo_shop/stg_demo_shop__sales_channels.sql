{{ config(enabled='demo_shop' in var('sources')) }}

with source as (

    select * from {{ ref('raw_sales_channels') }}

),

renamed as (

    select
        -- ids
        sales_channel_id as sales_channel,

        -- strings
        sales_channel_name

    from source

)

select * from renamed
