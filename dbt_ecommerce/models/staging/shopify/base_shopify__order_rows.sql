{{ config(
    enabled='shopify' in var('sources'),
    materialized='table',
) }}

{%- set not_goods = var('shopify_lines_without_goods') %}

with source as (

    select * from {{ ref('base_shopify__rows') }}

),

cast_to_types as (

    select
        -- ids
        nullif(trim(order_name), '') as order_name,
        _file as file_name,
        _row as row_no,
        nullif(trim(lineitem_sku), '') as sku,

        -- strings
        nullif(trim(lineitem_name), '') as product_name,
        nullif(trim(vendor), '') as vendor,

        -- numerics
        {{ try_cast('lineitem_quantity', 'integer') }} as quantity,
        {{ try_cast('lineitem_price', 'numeric') }} as price,
        coalesce({{ try_cast('lineitem_discount', 'numeric') }}, 0)
            as line_discount,

        -- booleans
        coalesce(financial_status, currency, subtotal, total) is not null
            as is_of_order

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
        coalesce(sku, product_name) as product_id,

        -- strings
        product_name,
        vendor,
        rejected_because,

        -- numerics
        quantity,
        price,
        list_amount,
        -- no more than all of it
        greatest(least(line_discount, list_amount), 0) as line_discount,

        -- booleans
        is_without_goods,
        is_tip,
        is_of_order

    from checked

)

select * from final
