{{ config(
    enabled='uci_online_retail' in var('sources'),
    materialized='table',
    indexes=[{'columns': ['order_item_id'], 'unique': true}],
) }}

with invoice_lines as (

    select
        *,
        -- a cancelled invoice repeats its lines with negative quantities
        case when invoice_no like 'C%' then abs(quantity) else quantity end
            as sold_quantity
    from {{ ref('base_uci_online_retail__invoice_lines') }}
    where rejected_because is null and invoice_no not like 'A%'

),

final as (

    select
        -- ids
        {{ dbt.concat([
            "invoice_no", "'-'",
            "cast(line_no as " ~ dbt.type_string() ~ ")"
        ]) }} as order_item_id,
        invoice_no as order_id,
        stock_code as product_id,

        -- strings
        product_name,

        -- numerics
        sold_quantity as quantity,
        unit_price,
        cast(null as numeric(18, 4)) as discount

    from invoice_lines
    -- the rest are stock write-offs and corrections
    where sold_quantity > 0 and unit_price > 0

)

select * from final
