{{ config(enabled='demo_shop' in var('sources')) }}

with source as (

    select
        *,
        -- one category, however its accents, case and spaces are spelled
        translate(
            lower(trim(category)),
            'áàâãäéèêëíìîïóòôõöúùûüç',
            'aaaaaeeeeiiiiooooouuuuc'
        ) as category_key
    from {{ ref('raw_products') }}

),

spellings as (

    select
        category_key,
        trim(category) as category,
        row_number() over (
            partition by category_key
            order by count(*) desc, trim(category) desc
        ) as popularity
    from source
    group by category_key, trim(category)

),

renamed as (

    select
        -- ids
        source.product_id,

        -- strings
        source.product_name,
        spellings.category,

        -- numerics
        {{ try_cast('source.list_price', 'numeric') }} as list_price,
        {{ try_cast('source.unit_cost', 'numeric') }} as unit_cost,

        -- booleans
        true as is_goods

    from source
    left join spellings
        on
            source.category_key = spellings.category_key
            and spellings.popularity = 1

)

select * from renamed
