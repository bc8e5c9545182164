{{ config(
    enabled='shopify' in var('sources'),
    materialized='table',
    indexes=[{'columns': ['order_item_id'], 'unique': true}],
) }}

with order_rows as (

    select * from {{ ref('base_shopify__order_rows') }}
    where rejected_because is null

),

orders as (

    select * from {{ ref('base_shopify__orders') }}
    where rejected_because is null

),

-- Only some orders have a discount of their own. They are read anew, as what is
-- read twice Postgres writes down in between.
goods as (

    select * from {{ ref('base_shopify__order_rows') }}
    where rejected_because is null and not is_tip

),

discounted_orders as (

    select * from {{ ref('base_shopify__orders') }}
    where rejected_because is null and discount_to_spread > 0

),

discounted as (

    select
        goods.order_name,
        goods.row_no,
        case
            when discounted_orders.has_line_discounts
                then goods.list_amount - goods.line_discount
            else goods.list_amount
        end as left_of_line,
        discounted_orders.to_spread_over,
        discounted_orders.discount_to_spread
    from goods
    inner join discounted_orders
        on goods.order_name = discounted_orders.order_name

),

spread as (

    select
        order_name,
        row_no,
        {{ spread_over_lines(
            amount='discount_to_spread',
            weight='left_of_line',
            whole='to_spread_over',
            order_id='order_name',
            line_no='row_no'
        ) }} as discount_of_line
    from discounted

),

sold as (

    select
        order_rows.order_name,
        order_rows.row_no - orders.first_row_no + 1 as line_no,
        order_rows.product_id,
        order_rows.product_name,
        order_rows.quantity,
        order_rows.price,
        order_rows.list_amount,
        cast(
            order_rows.list_amount
            - case
                when order_rows.is_tip or orders.has_line_discounts
                    then order_rows.line_discount
                else 0
            end
            - coalesce(spread.discount_of_line, 0)
            as numeric(18, 4)
        ) as amount
    from order_rows
    inner join orders on order_rows.order_name = orders.order_name
    left join spread
        on
            order_rows.order_name = spread.order_name
            and order_rows.row_no = spread.row_no

),

final as (

    select
        -- ids
        {{ dbt.concat([
            'order_name',
            "'-'",
            'cast(line_no as ' ~ dbt.type_string() ~ ')',
        ]) }} as order_item_id,
        order_name as order_id,
        product_id,

        -- strings
        product_name,

        -- numerics
        quantity,
        case
            when amount = list_amount then price
            when quantity = 1 then amount
            else {{ quotient('amount', 'quantity', digits=4) }}
        end as unit_price,
        -- of a price without its tax, what else is missing is not known
        cast(
            case
                when {{ var('shopify_revenue_holds_tax') }}
                    then list_amount - amount
            end as numeric(18, 4)
        ) as discount,
        amount

    from sold

)

select * from final
