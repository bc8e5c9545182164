{{ config(enabled='sales_form' in var('sources')) }}

with sales as (

    select
        *,
        -- prices and spellings change: the latest sale's count
        row_number() over (
            partition by source_name, product_id
            order by sold_on desc, {{ bytewise('order_id') }} desc
        ) as recency
    from {{ ref('base_sales_form__sales') }}
    where
        rejected_because is null
        and not is_voided
        -- all others are known by their shop
        and product_id like 'form:%'

),

final as (

    select
        -- ids
        source_name,
        product_id,

        -- strings
        product_name,
        cast(null as {{ dbt.type_string() }}) as category,

        -- numerics
        cast(unit_price as numeric(18, 4)) as list_price,
        cast(null as numeric(18, 4)) as unit_cost,

        -- booleans
        true as is_goods

    from sales
    where recency = 1

)

select * from final
