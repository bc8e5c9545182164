with order_items as (

    select * from {{ ref('fct_order_items') }}

),

final as (

    select
        -- strings
        product_name,

        -- numerics
        max(unit_price) as unit_price,

        -- dates
        ordered_on

    from order_items
    where is_in_valid_order and is_goods
    group by product_name, ordered_on

)

select * from final
