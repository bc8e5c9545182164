{{ config(enabled='nuvemshop' in var('sources')) }}

with sales as (

    select
        sales.product_name,
        sales.list_price,
        sales.is_not_physical,
        coalesce(sales.sku, sales.product_name) as product_id,
        -- prices and names change: the latest sale's count
        row_number() over (
            partition by coalesce(sales.sku, sales.product_name)
            order by
                orders.ordered_at desc,
                {{ bytewise('sales.order_number') }} desc,
                sales.line_no asc
        ) as recency
    from {{ ref('base_nuvemshop__sales') }} as sales
    inner join {{ ref('base_nuvemshop__orders') }} as orders
        on sales.order_number = orders.order_number
    where sales.rejected_because is null

),

final as (

    select
        -- ids
        product_id,

        -- strings
        max(case when recency = 1 then product_name end) as product_name,
        cast(null as {{ dbt.type_string() }}) as category,

        -- numerics
        cast(
            max(case when recency = 1 then list_price end) as numeric(18, 4)
        ) as list_price,
        cast(null as numeric(18, 4)) as unit_cost,

        -- booleans
        max(case when is_not_physical then 0 else 1 end) = 1 as is_goods

    from sales
    where product_id is not null
    group by product_id

)

select * from final
