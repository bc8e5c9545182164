{{ config(enabled='shopify' in var('sources')) }}

{%- set columns = [
    'order_name', '_file', 'email_key', 'phone_key', 'billing_phone_key',
    'shipping_phone_key', 'lineitem_sku', 'lineitem_name', 'vendor',
    'financial_status', 'currency', 'payment_method', 'source', 'email',
    'billing_name', 'billing_city', 'billing_province', 'billing_country',
    'shipping_city', 'shipping_province', 'shipping_country',
    'lineitem_quantity', 'lineitem_price', 'lineitem_discount', 'subtotal',
    'shipping', 'taxes', 'total', 'discount_amount', 'refunded_amount',
    'created_at', 'cancelled_at',
] %}

with of_api as (

    select
        {{ columns | join(', ') }},
        _row,
        shopify_customer_id
    from {{ ref('base_shopify__api_order_rows') }}

),

api_orders as (

    select distinct order_name from of_api

),

-- An order that came both ways is as the API has it, which is younger.
final as (

    select * from of_api

    union all

    select
        {%- for column in columns %}
        cast(exported.{{ column }} as {{ dbt.type_string() }}) as {{ column }},
        {%- endfor %}
        cast(exported._row as bigint) as _row,
        cast(null as {{ dbt.type_string() }}) as shopify_customer_id
    from {{ source('shopify', 'shopify__orders') }} as exported
    left join api_orders
        on trim(exported.order_name) = api_orders.order_name
    where api_orders.order_name is null

)

select * from final
