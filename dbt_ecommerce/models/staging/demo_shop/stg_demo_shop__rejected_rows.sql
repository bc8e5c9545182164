{{ config(enabled='demo_shop' in var('sources')) }}

select
    'raw_orders' as landing_table,
    rejected_because,
    source_row
from {{ ref('base_demo_shop__orders') }}
where rejected_because is not null

union all

select
    'raw_order_items' as landing_table,
    rejected_because,
    source_row
from {{ ref('base_demo_shop__order_items') }}
where rejected_because is not null

union all

select
    'raw_marketing_spend' as landing_table,
    case
        when {{ try_cast('landed.amount', 'numeric') }} is null
            then 'amount is not a number'
        when {{ try_cast('landed.amount', 'numeric') }} < 0
            then 'amount is negative'
        else 'spend_month is not a date'
    end as rejected_because,
    {{ row_as_json('landed') }} as source_row
from {{ ref('raw_marketing_spend') }} as landed
where
    {{ try_cast('landed.amount', 'numeric') }} is null
    or {{ try_cast('landed.amount', 'numeric') }} < 0
    or {{ try_cast('landed.spend_month', 'date') }} is null

{#- What a row can do without is left out of it, and told. -#}
{%- for table, column, type, noun in [
    ('raw_products', 'list_price', 'numeric', 'number'),
    ('raw_products', 'unit_cost', 'numeric', 'number'),
    ('raw_customers', 'created_at', 'timestamp', 'date'),
    ('raw_order_cancellations', 'cancelled_at', 'timestamp', 'date'),
    ('raw_order_returns', 'returned_at', 'timestamp', 'date'),
] %}

union all

select
    '{{ table }}' as landing_table,
    '{{ column }} is not a {{ noun }}: it is left out' as rejected_because,
    {{ row_as_json('landed') }} as source_row
from {{ ref(table) }} as landed
where
    landed.{{ column }} is not null
    and {{ try_cast('landed.' ~ column, type) }} is null
{%- endfor %}
