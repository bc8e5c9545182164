{{ config(enabled='shopee' in var('sources')) }}

with orders as (

    select * from {{ ref('base_shopee__orders') }}

),

order_lines as (

    select * from {{ ref('base_shopee__order_lines') }}
    where rejected_because is null and returned_quantity > 0

),

final as (

    select
        -- ids
        order_lines.order_id,
        {{ dbt.concat([
            "order_lines.order_id", "'-'",
            "cast(order_lines.line_no as " ~ dbt.type_string() ~ ")"
        ]) }} as order_item_id,

        -- dates
        cast(null as date) as refunded_on,

        -- numerics
        cast(
            {{ quotient(
                'order_lines.subtotal * order_lines.returned_quantity',
                'order_lines.quantity'
            ) }}
            as numeric(18, 4)
        ) as amount,
        cast(order_lines.returned_quantity as numeric(18, 4)) as quantity

    from order_lines
    inner join orders on order_lines.order_id = orders.order_id
    -- one that came back whole counts for nothing already
    where not orders.is_cancelled and not orders.is_returned

)

select * from final
