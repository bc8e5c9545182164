{{ config(
    enabled='bling' in var('sources'),
    materialized='table',
) }}

{%- set channels = var('bling_channels') -%}

with source as (

    select * from {{ source('bling', 'bling__api_orders') }}

),

cast_to_types as (

    select
        -- ids
        cast(id as {{ dbt.type_string() }}) as order_id,
        {{ squeeze('channel_order_number') }} as channel_order_number,
        nullif(trim(channel_id), '0') as channel_id,
        nullif(trim(contact_id), '0') as contact_id,
        tax_id_key,

        -- strings
        nullif(trim(situation_id), '') as situation_id,
        nullif(trim(situation_value), '') as situation_value,
        upper(nullif(trim(discount_unit), '')) as discount_unit,
        nullif(trim(discount), '') as discount_as_written,
        {{ squeeze('customer_name') }} as customer_name,
        {{ squeeze('city') }} as city,
        {{ squeeze('state') }} as state,
        {{ squeeze('country') }} as country,
        items,
        {{ whole_row('source') }} as source_row,

        -- numerics
        coalesce({{ try_cast('discount', 'numeric') }}, 0) as discount,
        {{ try_cast('goods_total', 'numeric') }} as goods_total,

        -- dates
        {{ try_cast('ordered_on', 'date') }} as ordered_on
    from source
    {{ computed_once() }}

),

-- an order that is still being typed, em digitação, is none yet
judged as (

    select
        *,
        case
            when ordered_on is null then 'ordered_on is not a date'
            when {{ is_too_early('ordered_on') }}
                then 'ordered_on is before {{ var("earliest_order_on") }}'
            when {{ is_too_late('ordered_on') }}
                then 'ordered_on is after {{ var("latest_order_on") }}'
            when
                discount_as_written is not null
                and {{ try_cast('discount_as_written', 'numeric') }} is null
                then 'discount is not a number'
            when discount < 0 then 'discount is negative'
            when
                discount > 0
                and coalesce(discount_unit, '')
                not in ('REAL', 'PERCENTUAL')
                then 'discount_unit is neither REAL nor PERCENTUAL'
        end as rejected_because
    from cast_to_types
    where
        coalesce(situation_id, '') != '21'
        and coalesce(situation_value, '') != '10'

),

-- who gave no tax id in one order and one in another is one contact
known as (

    select
        *,
        min(tax_id_key) over (partition by contact_id) as first_tax_id_key,
        max(tax_id_key) over (partition by contact_id) as last_tax_id_key
    from judged

),

final as (

    select
        -- ids
        order_id,
        channel_order_number,
        case
            when tax_id_key is not null then tax_id_key
            when {{ plain('customer_name') }} like 'consumidor%' then null
            when first_tax_id_key = last_tax_id_key then first_tax_id_key
            else contact_id
        end as customer_id,

        -- strings
        case
            {%- for channel in channels %}
            when channel_id = '{{ channel }}'
                then '{{ channels[channel] | replace("'", "''") }}'
            {%- endfor %}
            when true then channel_id
        end as sales_channel,
        situation_id,
        discount_unit,
        customer_name,
        city,
        state,
        country,
        items,
        rejected_because,
        case
            when rejected_because is not null
                then {{ row_as_json('source_row') }}
        end as source_row,

        -- numerics
        discount,
        goods_total,

        -- booleans
        coalesce(
            situation_value = '2'
            {%- for situation in var('bling_cancelled_situations') %}
            or situation_id = '{{ situation }}'
            {%- endfor %},
            false
        ) as is_cancelled,
        coalesce(
            false
            {%- for situation in var('bling_returned_situations') %}
            or situation_id = '{{ situation }}'
            {%- endfor %},
            false
        ) as is_returned,

        -- dates
        ordered_on

    from known

)

select * from final
