{{ config(
    enabled='woocommerce' in var('sources'),
    materialized='table',
    indexes=[{'columns': ['order_item_id'], 'unique': true}],
) }}

with order_rows as (

    select * from {{ ref('base_woocommerce__order_rows') }}
    where rejected_because is null and is_sold

),

orders as (

    select * from {{ ref('base_woocommerce__orders') }}
    where rejected_because is null

),

of_orders as (

    select
        order_rows.*,
        order_rows.row_no - orders.first_row_no + 1 as line_no
    from order_rows
    inner join orders on order_rows.order_number = orders.order_number

),

final as (

    select
        -- ids
        {{ dbt.concat([
            'order_number',
            "'-'",
            'cast(line_no as ' ~ dbt.type_string() ~ ')',
        ]) }} as order_item_id,
        order_number as order_id,
        product_id,

        -- strings
        product_name,

        -- numerics
        quantity,
        case
            when quantity = 1 then amount
            else {{ quotient('amount', 'quantity', digits=4) }}
        end as unit_price,
        cast(discount as numeric(18, 4)) as discount,
        amount

    from of_orders

)

select * from final
