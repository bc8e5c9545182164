{{ config(
    enabled='uci_online_retail' in var('sources'),
    materialized='table'
) }}

{%- set text = dbt.type_string() -%}

with source as (

    select *
    from {{ source('uci_online_retail', 'uci_online_retail__online_retail') }}

),

cast_to_types as (

    select
        -- ids
        upper(nullif(
            trim(cast({{ adapter.quote('InvoiceNo') }} as {{ text }})), ''
        )) as invoice_no,
        nullif(
            trim(cast({{ adapter.quote('StockCode') }} as {{ text }})), ''
        ) as stock_code,
        nullif(
            trim(cast({{ adapter.quote('CustomerID') }} as {{ text }})), ''
        ) as customer_id_as_typed,
        -- exports through spreadsheets write 17850 as 17850.0
        cast(
            {{ try_cast(adapter.quote('CustomerID'), 'bigint') }} as {{ text }}
        ) as customer_id,

        -- strings
        nullif(trim({{ adapter.quote('Description') }}), '') as product_name,
        {{ adapter.quote('Country') }} as country,
        {{ whole_row('source') }} as source_row,

        -- numerics
        {{ try_cast(adapter.quote('Quantity'), 'integer') }} as quantity,
        {{ try_cast(adapter.quote('UnitPrice'), 'numeric') }} as unit_price,

        -- timestamps
        {{ try_cast(
            adapter.quote('InvoiceDate'), 'timestamp', 'Europe/London'
        ) }} as invoiced_at

    from source
    {{ computed_once() }}

),

checked as (

    select
        *,
        case
            when invoice_no is null then 'InvoiceNo is missing'
            when invoiced_at is null then 'InvoiceDate is not a date'
            when {{ is_too_early('invoiced_at') }}
                then 'InvoiceDate is before {{ var("earliest_order_on") }}'
            when {{ is_too_late('invoiced_at') }}
                then 'InvoiceDate is after {{ var("latest_order_on") }}'
            when quantity is null then 'Quantity is not a whole number'
            when unit_price is null then 'UnitPrice is not a number'
            when {{ is_too_large('quantity * unit_price', 'quantity') }}
                then 'Quantity or UnitPrice is too large'
            when customer_id is null and customer_id_as_typed is not null
                then 'CustomerID is not a whole number'
        end as rejected_because
    from cast_to_types

),

final as (

    select
        -- ids
        invoice_no,
        -- an invoice has no line numbers, and may hold the same line twice
        row_number() over (
            partition by invoice_no
            order by
                stock_code asc nulls last,
                quantity asc nulls last,
                unit_price asc nulls last,
                product_name asc nulls last,
                invoiced_at asc nulls last
        ) as line_no,
        stock_code,
        customer_id,

        -- strings
        product_name,
        country,
        rejected_because,
        case
            when rejected_because is not null
                then {{ row_as_json('source_row') }}
        end as source_row,

        -- numerics
        quantity,
        unit_price,

        -- timestamps
        invoiced_at

    from checked

)

select * from final
