{{ config(enabled='shopify' in var('sources')) }}

with orders as (

    select * from {{ ref('base_shopify__orders') }}
    where rejected_because is null

),

final as (

    select
        -- ids
        order_name as order_id,
        cast(null as {{ dbt.type_string() }}) as order_item_id,

        -- dates
        cast(null as date) as refunded_on,

        -- numerics: what is more than the goods is freight
        cast(least(refunded_without_tax, sold_for) as numeric(18, 4))
            as amount,
        cast(null as numeric(18, 4)) as quantity

    from orders
    where
        refunded_without_tax > 0
        -- of what came back whole, or was cancelled, nothing counts already
        and not is_called_off
        and coalesce(financial_status, '') not in (
            'refunded', 'voided', 'expired'
        )

)

select * from final
