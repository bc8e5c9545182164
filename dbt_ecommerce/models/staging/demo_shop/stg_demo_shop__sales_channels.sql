{{ config(enabled='demo_shop' in var('sources')) }}

with source as (

    select * from {{ ref('raw_sales_channels') }}

),

final as (

    select
        -- ids
        sales_channel_id as sales_channel,

        -- strings
        max(sales_channel_name) as sales_channel_name

    from source
    where sales_channel_id is not null
    group by sales_channel_id

)

select * from final
