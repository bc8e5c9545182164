{{ config(enabled='olist' in var('sources')) }}

with products as (

    -- a product that is listed twice is one product
    select
        product_id,
        max(product_category_name) as product_category_name
    from {{ source('olist', 'olist__olist_products_dataset') }}
    where product_id is not null
    group by product_id

),

translations as (

    select
        product_category_name,
        max(product_category_name_english) as product_category_name_english
    from {{ source('olist', 'olist__product_category_name_translation') }}
    group by product_category_name

),

final as (

    select
        -- ids
        products.product_id,

        -- strings
        -- products have no published names: the category stands for them
        coalesce(
            translations.product_category_name_english,
            products.product_category_name
        ) as product_name,
        coalesce(
            translations.product_category_name_english,
            products.product_category_name
        ) as category,

        -- numerics
        cast(null as numeric(18, 4)) as list_price,
        cast(null as numeric(18, 4)) as unit_cost,

        -- booleans
        true as is_goods

    from products
    left join translations
        on products.product_category_name = translations.product_category_name

)

select * from final
