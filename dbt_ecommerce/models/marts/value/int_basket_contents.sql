{{ config(pre_hook="{{ group_by_sorting() }}") }}

with order_items as (

    select * from {{ ref('fct_order_items') }}

),

-- a product twice on an order is on it once
contents as (

    select distinct
        order_key,
        product_key
    from order_items
    where is_in_valid_order and is_goods and product_key is not null

),

final as (

    select
        -- ids
        order_key,
        product_key,

        -- numerics
        cast(
            row_number() over (
                partition by order_key
                order by product_key
            ) as integer
        ) as number_on_order

    from contents

)

select * from final
