{{ config(enabled='mercado_livre' in var('sources')) }}

with sales as (

    select
        sales.product_id,
        sales.product_name,
        sales.list_price,
        -- titles and prices change: the latest sale's count
        row_number() over (
            partition by sales.product_id
            order by
                orders.sold_at desc,
                {{ bytewise('sales.order_number') }} desc,
                sales.row_no asc
        ) as recency
    from {{ ref('base_mercado_livre__sales') }} as sales
    inner join {{ ref('base_mercado_livre__orders') }} as orders
        on sales.order_number = orders.order_number
    where
        sales.rejected_because is null
        and not sales.is_pack
        and sales.product_id is not null

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

    from sales
    where recency = 1

)

select * from final
