{{ config(
    enabled='nuvemshop' in var('sources'),
    materialized='table',
    indexes=[{'columns': ['order_item_id'], 'unique': true}],
) }}

with orders as (

    select * from {{ ref('base_nuvemshop__orders') }}

),

lines as (

    select
        sales.order_number,
        sales.line_no,
        coalesce(sales.sku, sales.product_name) as product_id,
        sales.product_name,
        sales.quantity,
        orders.order_discount,
        cast(
            round(sales.quantity * sales.list_price, 2) as numeric(18, 4)
        ) as full_amount
    from {{ ref('base_nuvemshop__sales') }} as sales
    inner join orders on sales.order_number = orders.order_number
    where sales.rejected_because is null

),

valued as (

    select
        *,
        sum(full_amount) over (partition by order_number) as order_amount
    from lines

),

-- what a discount gives beyond the goods is of the freight
discounted as (

    select
        *,
        cast(
            {{ spread_over_lines(
                'least(order_discount, order_amount)', 'full_amount',
                'order_amount', 'order_number', 'line_no'
            ) }}
            as numeric(18, 4)
        ) as discount
    from valued

),

final as (

    select
        -- ids
        {{ dbt.concat([
            "order_number", "'-'",
            "cast(line_no as " ~ dbt.type_string() ~ ")"
        ]) }} as order_item_id,
        order_number as order_id,
        product_id,

        -- strings
        product_name,

        -- numerics
        quantity,
        cast(
            {{ quotient('full_amount - discount', 'quantity', digits=4) }}
            as numeric(18, 4)
        ) as unit_price,
        discount,
        cast(full_amount - discount as numeric(18, 4)) as amount

    from discounted

)

select * from final
