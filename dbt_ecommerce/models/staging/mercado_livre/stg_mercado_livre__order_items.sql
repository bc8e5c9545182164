{{ config(
    enabled='mercado_livre' in var('sources'),
    materialized='table',
    indexes=[{'columns': ['order_item_id'], 'unique': true}],
) }}

with sales as (

    select
        sales.*,
        orders.product_revenue as order_revenue,
        row_number() over (
            partition by sales.order_number order by sales.row_no
        ) as line_no,
        count(*) over (partition by sales.order_number) as articles,
        count(case when sales.list_price > 0 then 1 end) over (
            partition by sales.order_number
        ) as prices
    from {{ ref('base_mercado_livre__sales') }} as sales
    inner join {{ ref('base_mercado_livre__orders') }} as orders
        on sales.order_number = orders.order_number
    where sales.rejected_because is null and not sales.is_pack

),

-- the money of a pack is its articles' by their prices in the listing, by
-- their units where one of them has no price
weighted as (

    select
        *,
        case when prices = articles then units * list_price else units end
            as weight
    from sales

),

valued as (

    select
        *,
        sum(weight) over (partition by order_number) as order_weight
    from weighted

),

spread as (

    select
        *,
        cast(
            {{ spread_over_lines(
                'order_revenue', 'weight', 'order_weight', 'order_number',
                'line_no'
            ) }}
            as numeric(18, 4)
        ) as amount
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
        units as quantity,
        cast({{ quotient('amount', 'units', digits=4) }} as numeric(18, 4))
            as unit_price,
        cast(null as numeric(18, 4)) as discount,
        amount

    from spread

)

select * from final
