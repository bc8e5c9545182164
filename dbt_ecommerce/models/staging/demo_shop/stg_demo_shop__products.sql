{{ config(enabled='demo_shop' in var('sources')) }}

with source as (

    select
        nullif(trim(product_id), '') as product_id,
        product_name,
        nullif(trim(category), '') as category,
        -- one category, however its accents, case and spaces are spelled
        {{ plain('trim(category)') }} as category_key,
        list_price,
        unit_cost
    from {{ ref('raw_products') }}

),

-- a product that is listed twice is one product
numbered as (

    select
        *,
        row_number() over (
            partition by product_id
            order by
                product_name asc nulls last,
                category asc nulls last,
                list_price asc nulls last,
                unit_cost asc nulls last
        ) as occurrence
    from source
    where product_id is not null

),

products as (

    select * from numbered
    where occurrence = 1

),

spellings as (

    select
        category_key,
        category,
        row_number() over (
            partition by category_key
            order by count(*) desc, {{ bytewise('category') }} desc
        ) as popularity
    from products
    group by category_key, category

),

final as (

    select
        -- ids
        products.product_id,

        -- strings
        products.product_name,
        spellings.category,

        -- numerics
        {{ try_cast('products.list_price', 'numeric') }} as list_price,
        {{ try_cast('products.unit_cost', 'numeric') }} as unit_cost,

        -- booleans
        true as is_goods

    from products
    left join spellings
        on
            products.category_key = spellings.category_key
            and spellings.popularity = 1

)

select * from final
