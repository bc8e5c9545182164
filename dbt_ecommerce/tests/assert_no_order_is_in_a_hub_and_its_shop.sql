{{ config(
    enabled='bling' in var('sources') and var('sources') | length > 1,
    severity='warn',
) }}

-- A hub has the orders of its channels: what is loaded from a channel, too, is
-- counted twice. It is known by the channel's number of it, and its day.
with of_hub as (

    select
        order_id,
        ordered_on,
        {{ replace_pattern('channel_order_number', '[^0-9A-Za-z]', '') }}
            as order_number
    from {{ ref('base_bling__orders') }}
    where channel_order_number is not null and rejected_because is null

),

of_channels as (

    select
        source_name,
        order_id,
        ordered_on,
        {{ replace_pattern('order_id', '[^0-9A-Za-z]', '') }} as order_number
    from {{ ref('int_orders_unioned') }}
    where source_name != 'bling'

)

select
    of_channels.source_name,
    of_channels.order_id,
    of_hub.order_id as bling_order_id
from of_channels
inner join of_hub
    on
        of_channels.order_number = of_hub.order_number
        -- the hub may tell the day after, and other shops have the number, too
        and abs(
            {{ dbt.datediff(
                'of_hub.ordered_on', 'of_channels.ordered_on', 'day'
            ) }}
        ) <= 1
