{{ config(enabled='woocommerce' in var('sources')) }}

with order_rows as (

    select * from {{ ref('base_woocommerce__order_rows') }}
    where rejected_because is null and product_id is not null

),

-- an article was renamed, or its code given to another: what most lines say
names as (

    select
        product_id,
        product_name,
        max(category) as category,
        row_number() over (
            partition by product_id
            order by
                count(*) desc,
                {{ bytewise('product_name') }} asc nulls last
        ) as popularity
    from order_rows
    group by product_id, product_name

),

final as (

    select
        -- ids
        product_id,

        -- strings
        product_name,
        category,

        -- numerics
        cast(null as numeric(18, 4)) as list_price,
        cast(null as numeric(18, 4)) as unit_cost,

        -- booleans: freight, fees and tips are no lines
        true as is_goods

    from names
    where popularity = 1

)

select * from final
