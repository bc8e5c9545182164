{{ config(
    enabled='demo_shop' in var('sources'),
    materialized='table',
) }}

with source as (

    select * from {{ ref('raw_orders') }}

),

cast_to_types as (

    select
        nullif(trim(order_id), '') as order_id,
        nullif(trim(customer_id), '') as customer_id,
        seller_id,
        sales_channel_id as sales_channel,
        {{ whole_row('source') }} as source_row,
        {{ try_cast('ordered_at', 'timestamp') }} as ordered_at
    from source
    {{ computed_once() }}

),

checked as (

    select
        *,
        case
            when order_id is null then 'order_id is missing'
            when ordered_at is null then 'ordered_at is not a date'
            when {{ is_too_early('ordered_at') }}
                then 'ordered_at is before {{ var("earliest_order_on") }}'
            when {{ is_too_late('ordered_at') }}
                then 'ordered_at is after {{ var("latest_order_on") }}'
        end as set_aside_because
    from cast_to_types

),

-- an export may hold an order twice: the first row that can be used is it
judged as (

    select
        *,
        case
            when set_aside_because is not null then set_aside_because
            when
                row_number() over (
                    partition by order_id, set_aside_because
                    order by
                        ordered_at asc,
                        customer_id asc nulls last,
                        seller_id asc nulls last,
                        sales_channel asc nulls last
                ) > 1
                then 'order_id occurs before'
        end as rejected_because
    from checked

),

final as (

    select
        -- ids
        order_id,
        customer_id,
        seller_id,

        -- strings
        sales_channel,
        rejected_because,
        case
            when rejected_because is not null
                then {{ row_as_json('source_row') }}
        end as source_row,

        -- timestamps
        ordered_at

    from judged

)

select * from final
