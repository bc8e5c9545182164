{{ config(enabled='[[ shop ]]' in var('sources')) }}

with order_items as (

    select * from {{ ref('stg_[[ shop ]]__order_items') }}

),

-- an article may be sold under several names: the one that most lines have
names as (

    select
        product_id,
        product_name,
        row_number() over (
            partition by product_id
            order by
                count(*) desc,
                {{ bytewise('product_name') }} asc nulls last
        ) as popularity
    from order_items
    where product_id is not null
    group by product_id, product_name

),

final as (

    select
        -- ids
        product_id,

        -- strings
        product_name,
        cast(null as {{ dbt.type_string() }}) as category,

        -- numerics
        cast(null as numeric(18, 4)) as list_price,
        cast(null as numeric(18, 4)) as unit_cost,

        -- booleans
        -- name here what is sold but is no goods: product_id not in ('POST')
        true as is_goods

    from names
    where popularity = 1

)

select * from final
