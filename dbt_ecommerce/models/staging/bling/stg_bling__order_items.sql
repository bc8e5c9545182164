{{ config(
    enabled='bling' in var('sources'),
    materialized='table',
    indexes=[{'columns': ['order_item_id'], 'unique': true}],
) }}

with lines as (

    select
        order_lines.order_id,
        order_lines.line_no,
        coalesce(order_lines.sku, order_lines.product_name) as product_id,
        order_lines.product_name,
        order_lines.quantity,
        orders.discount as order_discount,
        orders.discount_unit,
        cast(
            round(order_lines.quantity * order_lines.list_price, 2)
            as numeric(18, 4)
        ) as full_amount,
        cast(
            round(
                order_lines.quantity * order_lines.list_price
                * (100 - order_lines.discount_percent) * 0.01,
                2
            ) as numeric(18, 4)
        ) as line_amount
    from {{ ref('base_bling__order_lines') }} as order_lines
    inner join {{ ref('base_bling__orders') }} as orders
        on order_lines.order_id = orders.order_id
    where order_lines.rejected_because is null

),

summed as (

    select
        *,
        sum(line_amount) over (partition by order_id) as order_amount
    from lines

),

valued as (

    select
        *,
        -- what a discount gives beyond the goods is of the freight
        cast(
            least(
                case
                    when discount_unit = 'PERCENTUAL'
                        then round(order_amount * order_discount * 0.01, 2)
                    else order_discount
                end,
                order_amount
            ) as numeric(18, 4)
        ) as discount_amount
    from summed

),

discounted as (

    select
        *,
        cast(
            {{ spread_over_lines(
                'discount_amount', 'line_amount', 'order_amount', 'order_id',
                'line_no'
            ) }}
            as numeric(18, 4)
        ) as part_of_discount
    from valued

),

final as (

    select
        -- ids
        {{ dbt.concat([
            "order_id", "'-'",
            "cast(line_no as " ~ dbt.type_string() ~ ")"
        ]) }} as order_item_id,
        order_id,
        product_id,

        -- strings
        product_name,

        -- numerics
        quantity,
        cast(
            {{ quotient(
                'line_amount - part_of_discount', 'quantity', digits=4
            ) }}
            as numeric(18, 4)
        ) as unit_price,
        cast(full_amount - line_amount + part_of_discount as numeric(18, 4))
            as discount,
        cast(line_amount - part_of_discount as numeric(18, 4)) as amount

    from discounted

)

select * from final
