{{ config(
    enabled='woocommerce' in var('sources'),
    materialized='table',
) }}

{%- set text = dbt.type_string() %}
{%- set currency = var('woocommerce_currency') %}
{%- set columns = [
    'order_number', '_row', 'email_key', 'phone_key', 'sku', 'status',
    'product_name', 'category', 'currency', 'email', 'full_name', 'first_name',
    'last_name', 'city', 'state', 'country', 'quantity', 'item_cost',
    'line_total', 'line_subtotal', 'order_subtotal', 'cart_discount',
    'order_total', 'order_tax', 'refunded_amount', 'ordered_at',
    'first_refunded_at',
] %}

with of_api as (

    select * from {{ ref('base_woocommerce__api_rows') }}

),

api_orders as (

    select distinct order_number from of_api

),

-- An order that came both ways is as the API has it, which is younger.
source as (

    select {{ columns | join(', ') }}
    from of_api

    union all

    select
    {%- for column in columns %}
        cast(exported.{{ column }} as {{ text }}) as {{ column }}
        {{- ',' if not loop.last }}
    {%- endfor %}
    from {{ source('woocommerce', 'woocommerce__orders') }} as exported
    left join api_orders
        on trim(exported.order_number) = api_orders.order_number
    where api_orders.order_number is null

),

cast_to_types as (

    select
        -- ids
        nullif(trim(order_number), '') as order_number,
        {{ try_cast('_row', 'integer') }} as row_no,
        -- a registered customer's orders as a guest have the same e-mail
        coalesce(email_key, phone_key) as customer_id,
        nullif(trim(sku), '') as sku,

        -- strings: codes are written wc-on-hold or on-hold, names On hold
        replace(
            replace({{ plain('trim(status)') }}, 'wc-', ''), '-', ' '
        ) as status,
        nullif(trim(product_name), '') as product_name,
        nullif(trim(category), '') as category,
        coalesce(
            nullif(trim(currency), ''),
            {{ "'" ~ currency ~ "'" if currency else 'null' }}
        ) as currency,
        {{ email_address('email') }} as email,
        coalesce(
            nullif(trim(full_name), ''),
            {{ squeeze(dbt.concat([
                "coalesce(first_name, '')",
                "' '",
                "coalesce(last_name, '')",
            ])) }}
        ) as customer_name,
        nullif(trim(city), '') as city,
        nullif(trim(state), '') as state,
        nullif(trim(country), '') as country,
        nullif(trim(quantity), '') as quantity_as_typed,

        -- numerics
        {{ try_cast('quantity', 'integer') }} as quantity,
        {%- for amount in [
            'item_cost',
            'line_total',
            'line_subtotal',
            'order_subtotal',
            'cart_discount',
            'order_total',
            'order_tax',
            'refunded_amount',
        ] %}
        {{ try_cast(amount, 'numeric') }} as {{ amount }},
        {%- endfor %}

        -- dates
        {{ try_cast('ordered_at', 'date') }} as ordered_on,
        {{ try_cast('first_refunded_at', 'date') }} as first_refunded_on,

        -- timestamps
        {{ try_cast_utc('ordered_at', var('shop_time_zone')) }} as ordered_at

    from source
    {{ computed_once() }}

),

-- The price of a unit is rounded, what the line was sold for is not; but where
-- units are those that were kept, the line's is of all of them.
with_amounts as (

    select
        *,
        case
            when
                abs(line_total - item_cost * quantity) > 0.01 * quantity
                then item_cost * quantity
            else coalesce(line_total, item_cost * quantity)
        end as amount,
        -- a second coupon has a row without an article
        product_name is not null
        or sku is not null
        or quantity_as_typed is not null as is_line
    from cast_to_types

),

final as (

    select
        -- ids
        order_number,
        row_no,
        customer_id,
        coalesce(sku, product_name) as product_id,

        -- strings
        status,
        product_name,
        category,
        currency,
        email,
        customer_name,
        city,
        state,
        country,
        case
            when order_number is null then 'Order Number is missing'
            when not is_line then null
            when quantity is null then 'Quantity is not a whole number'
            when quantity < 0
                then 'the row of a refund, which the order itself tells'
            when amount is null then 'Item Cost is not a number'
            when amount < 0 then 'Item Cost is negative'
            when {{ is_too_large('amount', 'quantity') }}
                then 'Quantity or Item Cost is too large'
        end as rejected_because,

        -- numerics
        quantity,
        cast(amount as numeric(18, 4)) as amount,
        case
            when amount = line_total and line_subtotal >= line_total
                then line_subtotal - line_total
        end as discount,
        order_subtotal,
        cart_discount,
        order_total,
        order_tax,
        refunded_amount,

        -- booleans: what came back whole is left with no unit
        is_line and quantity > 0 as is_sold,

        -- dates
        ordered_on,
        first_refunded_on,

        -- timestamps
        ordered_at

    from with_amounts

)

select * from final
