{{ config(
    enabled='shopify' in var('sources'),
    materialized='table',
) }}

{%- set not_goods = var('shopify_lines_without_goods') %}
{%- set columns = [
    'order_name', '_file', '_row', 'email_key', 'phone_key',
    'billing_phone_key', 'shipping_phone_key', 'lineitem_sku',
    'lineitem_name', 'vendor', 'financial_status', 'currency',
    'payment_method', 'source', 'email', 'billing_name', 'billing_city',
    'billing_province', 'billing_country', 'shipping_city',
    'shipping_province', 'shipping_country', 'lineitem_quantity',
    'lineitem_price', 'lineitem_discount', 'subtotal', 'shipping', 'taxes',
    'total', 'discount_amount', 'refunded_amount', 'created_at',
    'cancelled_at', 'shopify_customer_id',
] %}

with of_api as (

    select
        {{ columns | join(', ') }}
    from {{ ref('base_shopify__api_order_rows') }}

),

api_orders as (

    select distinct order_name from of_api

),

exported as (

    select
        *,
        cast(null as {{ dbt.type_string() }}) as shopify_customer_id
    from {{ source('shopify', 'shopify__orders') }}

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
    from exported
    left join api_orders
        on trim(exported.order_name) = api_orders.order_name
    where api_orders.order_name is null

),

cast_to_types as (

    select
        -- ids
        nullif(trim(order_name), '') as order_name,
        _file as file_name,
        cast(_row as integer) as row_no,
        -- who gives an e-mail is known by it, else by a telephone; the export
        -- has no number of the customer
        coalesce(
            email_key,
            phone_key,
            billing_phone_key,
            shipping_phone_key,
            shopify_customer_id
        ) as customer_id,
        nullif(trim(lineitem_sku), '') as sku,

        -- strings
        nullif(trim(lineitem_name), '') as product_name,
        nullif(trim(vendor), '') as vendor,
        lower(nullif(trim(financial_status), '')) as financial_status,
        nullif(trim(currency), '') as currency,
        nullif(trim(payment_method), '') as payment_method,
        nullif(trim(source), '') as sales_channel,
        {{ email_address('email') }} as email,
        nullif(trim(billing_name), '') as billing_name,
        -- a shop that ships without a bill knows the parcel's address only
        coalesce(
            nullif(trim(billing_city), ''), nullif(trim(shipping_city), '')
        ) as city,
        coalesce(
            nullif(trim(billing_province), ''),
            nullif(trim(shipping_province), '')
        ) as state,
        coalesce(
            nullif(trim(billing_country), ''),
            nullif(trim(shipping_country), '')
        ) as country,
        nullif(trim(cancelled_at), '') as cancelled_as_typed,

        -- numerics
        {{ try_cast('lineitem_quantity', 'integer') }} as quantity,
        {{ try_cast('lineitem_price', 'numeric') }} as price,
        coalesce({{ try_cast('lineitem_discount', 'numeric') }}, 0)
            as line_discount,
        {%- for amount in [
            'subtotal',
            'shipping',
            'taxes',
            'total',
            'discount_amount',
            'refunded_amount',
        ] %}
        {{ try_cast(amount, 'numeric') }} as {{ amount }},
        {%- endfor %}

        -- dates: the shop's day is the one that it wrote
        {{ try_cast('created_at', 'date') }} as ordered_on,
        {{ try_cast('cancelled_at', 'date') }} as cancelled_on,

        -- timestamps
        {{ try_cast_utc('created_at', var('shop_time_zone')) }} as ordered_at

    from source
    {{ computed_once() }}

),

checked as (

    select
        *,
        price * quantity as list_amount,
        -- the title stands before the variant
        coalesce(
            lower({{ dbt.split_part('product_name', "' - '", 1) }}) in (
                {%- for title in not_goods %}
                '{{ title }}'{{ ',' if not loop.last }}
                {%- endfor %}
            ),
            false
        ) as is_without_goods,
        -- a tip is the one line that Subtotal leaves out
        coalesce(lower(product_name) = 'tip' and sku is null, false) as is_tip,
        case
            when order_name is null then 'Name is missing'
            when quantity is null
                then 'Lineitem quantity is not a whole number'
            when quantity <= 0 then 'Lineitem quantity is not positive'
            when price is null then 'Lineitem price is not a number'
            when price < 0 then 'Lineitem price is negative'
            when {{ is_too_large('price * quantity', 'quantity') }}
                then 'Lineitem quantity or price is too large'
        end as rejected_because
    from cast_to_types

),

final as (

    select
        -- ids
        order_name,
        file_name,
        row_no,
        customer_id,
        coalesce(sku, product_name) as product_id,

        -- strings
        product_name,
        vendor,
        financial_status,
        currency,
        payment_method,
        sales_channel,
        email,
        billing_name,
        city,
        state,
        country,
        cancelled_as_typed,
        rejected_because,

        -- numerics
        quantity,
        price,
        list_amount,
        -- no more than all of it
        greatest(least(line_discount, list_amount), 0) as line_discount,
        subtotal,
        shipping,
        taxes,
        total,
        discount_amount,
        refunded_amount,

        -- booleans
        is_without_goods,
        is_tip,

        -- dates
        ordered_on,
        cancelled_on,

        -- timestamps
        ordered_at

    from checked

)

select * from final
