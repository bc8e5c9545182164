{{ config(
    enabled='nuvemshop' in var('sources'),
    materialized='table',
) }}

{%- set columns = [
    'order_number', '_row', 'email_key', 'tax_id_key', 'sku', 'order_status',
    'payment_status', 'cancellation_reason', 'currency', 'sales_channel',
    'customer_name', 'email', 'city', 'state', 'country', 'product_name',
    'is_physical', 'quantity', 'unit_price', 'discount', 'ordered_at',
    'cancelled_at',
] -%}

with of_api as (

    select {{ columns | join(', ') }}
    from {{ ref('base_nuvemshop__api_sales') }}

),

api_orders as (

    select distinct order_number from of_api

),

-- An order that came both ways is as the API has it, which is younger.
source as (

    select * from of_api

    union all

    select
    {%- for column in columns %}
        cast(exported.{{ column }} as {{ dbt.type_string() }}) as {{ column }}
        {{- ',' if not loop.last }}
    {%- endfor %}
    from {{ source('nuvemshop', 'nuvemshop__sales') }} as exported
    left join api_orders
        on trim(exported.order_number) = api_orders.order_number
    where api_orders.order_number is null

),

cast_to_types as (

    select
        -- ids
        nullif(trim(order_number), '') as order_number,
        {{ try_cast('_row', 'integer') }} as row_no,
        tax_id_key,
        email_key,
        upper({{ squeeze('sku') }}) as sku,

        -- strings
        nullif(trim(order_status), '') as order_status,
        nullif(trim(payment_status), '') as payment_status,
        {{ squeeze('cancellation_reason') }} as cancellation_reason,
        upper(nullif(trim(currency), '')) as currency,
        {{ squeeze('sales_channel') }} as sales_channel,
        {{ squeeze('customer_name') }} as customer_name,
        {{ email_address('email') }} as email,
        {{ squeeze('city') }} as city,
        {{ squeeze('state') }} as state,
        {{ squeeze('country') }} as country,
        {{ squeeze('product_name') }} as product_name,
        {{ whole_row('source') }} as source_row,

        -- numerics
        {{ try_cast('quantity', 'integer') }} as quantity,
        {{ try_cast('unit_price', 'numeric') }} as list_price,
        nullif(
            trim(cast(discount as {{ dbt.type_string() }})), ''
        ) as discount_as_written,
        {{ try_cast('discount', 'numeric') }} as order_discount,

        -- booleans
        coalesce(
            {{ plain('trim(is_physical)') }} in ('nao', 'no'), false
        ) as is_not_physical,
        nullif(
            trim(cast(cancelled_at as {{ dbt.type_string() }})), ''
        ) is not null as has_cancellation_day,

        -- timestamps
        {{ try_cast(
            'ordered_at', 'timestamp', var('shop_time_zone')
        ) }} as ordered_at,
        {{ try_cast(
            'cancelled_at', 'timestamp', var('shop_time_zone')
        ) }} as cancelled_at
    from source
    {{ computed_once() }}

),

-- Only the first row of an order has its date, its status and its totals.
counted as (

    select
        *,
        sum(case when order_status is not null then 1 else 0 end) over (
            partition by order_number
            order by row_no
            rows between unbounded preceding and current row
        ) as occurrence
    from cast_to_types

),

numbered as (

    select
        *,
        row_number() over (
            partition by order_number
            order by
                case when occurrence > 1 then 1 else 0 end,
                case when order_status is null then 1 else 0 end,
                row_no
        ) as line_no
    from counted

),

judged as (

    select
        *,
        case
            when order_number is null then 'order_number is missing'
            when line_no > 1 then null
            when order_status is null
                then 'order_status is missing in all rows of the order'
            when ordered_at is null then 'ordered_at is not a date'
            when {{ is_too_early('ordered_at') }}
                then 'ordered_at is before {{ var("earliest_order_on") }}'
            when {{ is_too_late('ordered_at') }}
                then 'ordered_at is after {{ var("latest_order_on") }}'
            when order_discount is null and discount_as_written is not null
                then 'discount is not a number'
            when order_discount < 0 then 'discount is negative'
        end as order_rejected_because,
        case
            when occurrence > 1 then 'the order occurs before in its file'
            when quantity is null then 'quantity is not a whole number'
            when quantity <= 0 then 'quantity is not positive'
            when list_price is null then 'unit_price is not a number'
            when list_price < 0 then 'unit_price is negative'
            when {{ is_too_large('quantity * list_price', 'quantity') }}
                then 'quantity or unit_price is too large'
        end as line_rejected_because
    from numbered

),

-- a line that is set aside leaves its order; an order takes its lines along
set_aside as (

    select
        *,
        case
            when order_rejected_because is not null then order_rejected_because
            when
                count(order_rejected_because) over (
                    partition by order_number
                ) > 0
                then 'its order is set aside'
            else line_rejected_because
        end as rejected_because
    from judged

),

final as (

    select
        -- ids
        order_number,
        line_no,
        tax_id_key,
        email_key,
        sku,

        -- strings
        order_status,
        payment_status,
        cancellation_reason,
        currency,
        sales_channel,
        customer_name,
        email,
        city,
        state,
        country,
        product_name,
        order_rejected_because,
        rejected_because,
        case
            when rejected_because is not null
                then {{ row_as_json('source_row') }}
        end as source_row,

        -- numerics
        quantity,
        list_price,
        order_discount,

        -- booleans
        is_not_physical,
        has_cancellation_day,

        -- timestamps
        ordered_at,
        cancelled_at

    from set_aside

)

select * from final
