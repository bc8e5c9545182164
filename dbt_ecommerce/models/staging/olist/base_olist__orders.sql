{{ config(
    enabled='olist' in var('sources'),
    materialized='table',
) }}

{%- set earliest = var('earliest_order_on') %}
{%- set latest = var('latest_order_on') %}

with source as (

    select * from {{ source('olist', 'olist__olist_orders_dataset') }}

),

cast_to_types as (

    select
        nullif(trim(order_id), '') as order_id,
        customer_id,
        order_status,
        {{ whole_row('source') }} as source_row,
        {{ try_cast(
            'order_purchase_timestamp', 'timestamp', 'America/Sao_Paulo'
        ) }} as purchased_at
    from source
    {{ computed_once() }}

),

checked as (

    select
        *,
        case
            when order_id is null then 'order_id is missing'
            when purchased_at is null
                then 'order_purchase_timestamp is not a date'
            when {{ is_too_early('purchased_at') }}
                then 'order_purchase_timestamp is before {{ earliest }}'
            when {{ is_too_late('purchased_at') }}
                then 'order_purchase_timestamp is after {{ latest }}'
        end as set_aside_because
    from cast_to_types

),

-- the first row that can be used is the order
judged as (

    select
        *,
        case
            when set_aside_because is not null then set_aside_because
            when
                row_number() over (
                    partition by order_id, set_aside_because
                    order by
                        purchased_at asc,
                        customer_id asc nulls last,
                        order_status asc nulls last
                ) > 1
                then 'order_id occurs before'
        end as rejected_because
    from checked

),

final as (

    select
        order_id,
        customer_id,
        order_status,
        rejected_because,
        case
            when rejected_because is not null
                then {{ row_as_json('source_row') }}
        end as source_row,
        purchased_at
    from judged

)

select * from final
