{{ config(enabled='shopify' in var('sources')) }}

with orders as (

    select
        order_name,
        refunded_without_tax,
        sold_for,
        refunded_amount
    from {{ ref('base_shopify__orders') }}
    where
        rejected_because is null
        and refunded_without_tax > 0
        -- of what came back whole, or was cancelled, nothing counts already
        and not is_called_off
        and coalesce(financial_status, '') not in (
            'refunded', 'voided', 'expired'
        )

),

-- The API tells each payment and its day, the export their sum.
payments as (

    select
        orders.order_name,
        orders.sold_for,
        refunds.transaction_id,
        refunds.refunded_on,
        coalesce(refunds.amount, orders.refunded_amount)
        * orders.refunded_without_tax
        / orders.refunded_amount as amount
    from orders
    left join {{ ref('base_shopify__api_refunds') }} as refunds
        on orders.order_name = refunds.order_name

),

summed as (

    select
        *,
        sum(amount) over (
            partition by order_name
            order by refunded_on, transaction_id
            rows between unbounded preceding and current row
        ) as amount_until_then
    from payments

),

-- what is more than the goods is freight
of_goods as (

    select
        order_name,
        refunded_on,
        cast(
            least(amount_until_then, sold_for)
            - least(amount_until_then - amount, sold_for)
            as numeric(18, 4)
        ) as amount
    from summed

),

final as (

    select
        -- ids
        order_name as order_id,
        cast(null as {{ dbt.type_string() }}) as order_item_id,

        -- dates
        refunded_on,

        -- numerics
        amount,
        cast(null as numeric(18, 4)) as quantity

    from of_goods
    where amount > 0

)

select * from final
