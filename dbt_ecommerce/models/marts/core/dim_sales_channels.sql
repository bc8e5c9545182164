with orders as (

    select * from {{ ref('fct_orders') }}

),

sales_channels as (

    select * from {{ ref('sales_channels') }}

),

-- one that nothing was sold through yet is a channel all the same
used as (

    select
        source_name,
        sales_channel
    from orders
    where sales_channel is not null

    union distinct

    select
        source_name,
        sales_channel
    from sales_channels

),

final as (

    select
        -- ids
        {{ surrogate_key('used.source_name', 'used.sales_channel') }}
            as sales_channel_key,
        used.source_name,

        -- strings
        used.sales_channel,
        coalesce(sales_channels.sales_channel_name, used.sales_channel)
            as sales_channel_name

    from used
    left join sales_channels
        on
            used.source_name = sales_channels.source_name
            and used.sales_channel = sales_channels.sales_channel

)

select * from final
