{{ config(
    enabled='uci_online_retail' in var('sources'),
    materialized='table',
    indexes=[{'columns': ['order_id'], 'unique': true}],
) }}

with invoice_lines as (

    select * from {{ ref('base_uci_online_retail__invoice_lines') }}
    where
        rejected_because is null
        -- bad-debt adjustments are no orders
        and invoice_no not like 'A%'

),

invoices as (

    select
        invoice_no,
        max(customer_id) as customer_id,
        min(invoiced_at) as invoiced_at
    from invoice_lines
    group by invoice_no

),

final as (

    select
        -- ids
        invoice_no as order_id,
        customer_id,
        cast(null as {{ dbt.type_string() }}) as seller_id,

        -- strings
        cast(null as {{ dbt.type_string() }}) as sales_channel,
        cast(null as {{ dbt.type_string() }}) as cancellation_reason,
        'GBP' as currency,

        -- booleans
        invoice_no like 'C%' as is_cancelled,
        false as is_returned,

        -- dates
        cast(invoiced_at as date) as ordered_on,
        cast(null as date) as cancelled_on,
        cast(null as date) as returned_on,

        -- timestamps
        {{ local_to_utc('invoiced_at', 'Europe/London') }} as ordered_at

    from invoices

)

select * from final
