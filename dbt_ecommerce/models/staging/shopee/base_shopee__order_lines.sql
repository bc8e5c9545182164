{{ config(
    enabled='shopee' in var('sources'),
    materialized='table',
) }}

with source as (

    select * from {{ source('shopee', 'shopee__orders') }}

),

cast_to_types as (

    select
        -- ids
        nullif(trim(order_id), '') as order_id,
        {{ try_cast('_row', 'integer') }} as row_no,
        buyer_key,
        upper({{ squeeze('sku') }}) as sku,
        upper({{ squeeze('main_sku') }}) as main_sku,

        -- strings
        {{ squeeze('status') }} as status,
        {{ squeeze('cancellation_reason') }} as cancellation_reason,
        {{ squeeze('product_name') }} as article,
        {{ squeeze('variation') }} as variation,
        coalesce({{ squeeze('city') }}, {{ squeeze('other_city') }}) as city,
        {{ squeeze('state') }} as state,
        {{ whole_row('source') }} as source_row,

        -- numerics
        {{ try_cast('quantity', 'integer') }} as quantity,
        {{ try_cast('returned_quantity', 'integer') }} as returned_quantity,
        {{ money_with_cents('list_price') }} as list_price,
        {{ money_with_cents('subtotal') }} as subtotal,

        -- timestamps
        {{ try_cast(
            'created_at', 'timestamp', var('shop_time_zone')
        ) }} as ordered_at
    from source
    {{ computed_once() }}

),

judged as (

    select
        *,
        case
            when order_id is null then 'order_id is missing'
            when ordered_at is null then 'created_at is not a date'
            when {{ is_too_early('ordered_at') }}
                then 'created_at is before {{ var("earliest_order_on") }}'
            when {{ is_too_late('ordered_at') }}
                then 'created_at is after {{ var("latest_order_on") }}'
        end as order_rejected_because,
        case
            when quantity is null then 'quantity is not a whole number'
            when quantity <= 0 then 'quantity is not positive'
            when subtotal is null
                then 'subtotal is not a number with one or two decimals'
            when subtotal < 0 then 'subtotal is negative'
            when {{ is_too_large('subtotal', 'quantity') }}
                then 'quantity or subtotal is too large'
        end as line_rejected_because
    from cast_to_types

),

set_aside as (

    select
        *,
        coalesce(order_rejected_because, line_rejected_because)
            as rejected_because
    from judged

),

final as (

    select
        -- ids
        order_id,
        row_number() over (
            partition by order_id order by row_no
        ) as line_no,
        buyer_key,
        coalesce(
            sku,
            {{ dbt.concat([
                "main_sku", "coalesce(" ~ dbt.concat(["'-'", "variation"])
                ~ ", '')"
            ]) }},
            {{ dbt.concat([
                "article", "coalesce(" ~ dbt.concat(["' - '", "variation"])
                ~ ", '')"
            ]) }}
        ) as product_id,

        -- strings
        status,
        cancellation_reason,
        {{ dbt.concat([
            "article", "coalesce(" ~ dbt.concat(["' - '", "variation"])
            ~ ", '')"
        ]) }} as product_name,
        city,
        state,
        order_rejected_because,
        rejected_because,
        case
            when rejected_because is not null
                then {{ row_as_json('source_row') }}
        end as source_row,

        -- numerics
        quantity,
        least(greatest(coalesce(returned_quantity, 0), 0), quantity)
            as returned_quantity,
        list_price,
        cast(round(subtotal, 2) as numeric(18, 4)) as subtotal,

        -- timestamps
        ordered_at

    from set_aside

)

select * from final
