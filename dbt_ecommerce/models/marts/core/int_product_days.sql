with order_items as (

    select * from {{ ref('fct_order_items') }}

),

final as (

    select
        -- ids
        product_key,

        -- numerics
        cast(sum(quantity) as numeric(18, 4)) as quantity,
        -- an order is of one day: those of several days add up
        cast(count(distinct order_key) as integer) as orders,
        cast(max(unit_price) as numeric(18, 4)) as highest_unit_price,
        cast(sum(revenue) as numeric(18, 4)) as revenue,
        cast({{ known_sum('margin') }} as numeric(18, 4)) as margin,

        -- dates
        ordered_on

    from order_items
    where is_in_valid_order and product_key is not null
    group by product_key, ordered_on

)

select * from final
