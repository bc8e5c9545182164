{{ config(enabled='olist' in var('sources')) }}

with products as (

    select * from {{ source('olist', 'olist__olist_products_dataset') }}

),

translations as (

    select *
    from {{ source('olist', 'olist__product_category_name_translation') }}

),

renamed as (

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

select * from renamed
