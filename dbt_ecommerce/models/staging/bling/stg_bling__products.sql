{{ config(enabled='bling' in var('sources')) }}

with sold as (

    select
        order_lines.product_name,
        order_lines.list_price,
        coalesce(order_lines.sku, order_lines.product_name) as product_id,
        -- prices and names change: the latest sale's count
        row_number() over (
            partition by coalesce(order_lines.sku, order_lines.product_name)
            order by
                orders.ordered_on desc,
                {{ bytewise('order_lines.order_id') }} desc,
                order_lines.line_no asc
        ) as recency
    from {{ ref('base_bling__order_lines') }} as order_lines
    inner join {{ ref('base_bling__orders') }} as orders
        on order_lines.order_id = orders.order_id
    where order_lines.rejected_because is null

),

final as (

    select
        -- ids
        product_id,

        -- strings
        product_name,
        cast(null as {{ dbt.type_string() }}) as category,

        -- numerics
        cast(list_price as numeric(18, 4)) as list_price,
        cast(null as numeric(18, 4)) as unit_cost,

        -- booleans
        true as is_goods

    from sold
    where recency = 1 and product_id is not null

)

select * from final
