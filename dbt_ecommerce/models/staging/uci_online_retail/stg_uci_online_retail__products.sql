{{ config(enabled='uci_online_retail' in var('sources')) }}

with order_items as (

    select * from {{ ref('stg_uci_online_retail__order_items') }}

),

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
        -- goods have codes of five digits and perhaps a letter; postage, fees,
        -- samples and adjustments have not
        {{ dbt.length("product_id") }} >= 5
        and translate(left(product_id, 5), '0123456789', '') = '' as is_goods

    from names
    where popularity = 1

)

select * from final
