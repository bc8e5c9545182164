{{ config(
    enabled='[[ shop ]]' in var('sources'),
    materialized='table',
    indexes=[{'columns': ['order_item_id'], 'unique': true}],
) }}

with sales as (

    select * from {{ ref('base_[[ shop ]]__sales') }}
    where rejected_because is null

),

final as (

    select
        -- ids
        {{ dbt.concat([
            "order_id", "'-'", "cast(line_no as " ~ dbt.type_string() ~ ")"
        ]) }} as order_item_id,
        order_id,
        [[ article ]] as product_id,

        -- strings
        [[ text("article_name", "product_name") ]],

        -- numerics
        quantity,
[% if is_discount_off %]
        -- the export has the price before the discount
        cast(
            ([[ sold_for ]]) / quantity as numeric(18, 4)
        ) as unit_price,
        discount,
        cast([[ sold_for ]] as numeric(18, 4)) as amount
[% elif has_amount %]
        cast(amount / quantity as numeric(18, 4)) as unit_price,
        [[ number("discount") ]],
        amount
[% else %]
        unit_price,
        [[ number("discount") ]]
[% endif %]

    from sales

)

select * from final
