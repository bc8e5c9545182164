{{ config(enabled='mercado_livre' in var('sources')) }}

with orders as (

    select * from {{ ref('base_mercado_livre__orders') }}

),

final as (

    select
        -- ids
        order_number as order_id,
        cast(null as {{ dbt.type_string() }}) as order_item_id,

        -- dates
        cast(null as date) as refunded_on,

        -- numerics
        cast(least(-given_back, product_revenue) as numeric(18, 4)) as amount,
        cast(null as numeric(18, 4)) as quantity

    from orders
    -- one that came back whole counts for nothing already
    where given_back < 0 and not is_cancelled and not is_returned

)

select * from final
