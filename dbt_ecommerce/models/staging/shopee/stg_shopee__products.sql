{{ config(enabled='shopee' in var('sources')) }}

with order_lines as (

    select
        product_id,
        product_name,
        list_price,
        -- names and prices change: the latest sale's count
        row_number() over (
            partition by product_id
            order by
                ordered_at desc,
                {{ bytewise('order_id') }} desc,
                line_no asc
        ) as recency
    from {{ ref('base_shopee__order_lines') }}
    where rejected_because is null and product_id is not null

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

    from order_lines
    where recency = 1

)

select * from final
