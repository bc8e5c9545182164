{{ config(enabled='woocommerce' in var('sources')) }}

with orders as (

    select
        base_orders.order_number,
        base_orders.first_refunded_on,
        base_orders.sold_for,
        base_orders.refunded_without_tax
    from {{ ref('base_woocommerce__orders') }} as base_orders
    inner join {{ ref('stg_woocommerce__orders') }} as stg_orders
        on base_orders.order_number = stg_orders.order_id
    where
        -- of what came back whole, or was cancelled, nothing counts already
        not stg_orders.is_cancelled and not stg_orders.is_returned

),

final as (

    select
        -- ids
        order_number as order_id,
        cast(null as {{ dbt.type_string() }}) as order_item_id,

        -- dates
        first_refunded_on as refunded_on,

        -- numerics: what is more than the goods is freight
        cast(least(refunded_without_tax, sold_for) as numeric(18, 4))
            as amount,
        cast(null as numeric(18, 4)) as quantity

    from orders
    where refunded_without_tax > 0 and sold_for > 0

)

select * from final
