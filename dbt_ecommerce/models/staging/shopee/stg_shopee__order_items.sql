{{ config(
    enabled='shopee' in var('sources'),
    materialized='table',
    indexes=[{'columns': ['order_item_id'], 'unique': true}],
) }}

with order_lines as (

    select * from {{ ref('base_shopee__order_lines') }}
    where rejected_because is null

),

final as (

    select
        -- ids
        {{ dbt.concat([
            "order_id", "'-'", "cast(line_no as " ~ dbt.type_string() ~ ")"
        ]) }} as order_item_id,
        order_id,
        product_id,

        -- strings
        product_name,

        -- numerics
        quantity,
        cast({{ quotient('subtotal', 'quantity', digits=4) }} as numeric(18, 4))
            as unit_price,
        cast(greatest(quantity * list_price - subtotal, 0) as numeric(18, 4))
            as discount,
        subtotal as amount

    from order_lines

)

select * from final
