{{ config(
    enabled='shopee' in var('sources'),
    materialized='table',
) }}

with lines as (

    select
        *,
        {{ plain('status') }} as state_of_order
    from {{ ref('base_shopee__order_lines') }}
    where order_rejected_because is null

),

-- what is of the order is the same in all of its rows
orders as (

    select
        -- ids
        order_id,
        max(buyer_key) as customer_id,

        -- strings
        max(status) as status,
        max(cancellation_reason) as cancellation_reason,
        max(city) as city,
        max(state) as state,

        -- booleans
        max(case when state_of_order like 'cancelad%' then 1 else 0 end) = 1
            as is_called_off,
        -- Shopee takes all payments: who has not paid has not bought
        max(case when state_of_order like 'nao pag%' then 1 else 0 end) = 1
            as is_unpaid,
        min(
            case
                when rejected_because is not null then 1
                when returned_quantity = quantity then 1
                else 0
            end
        ) = 1
        and max(returned_quantity) > 0 as came_back,

        -- timestamps
        min(ordered_at) as ordered_at
    from lines
    group by order_id

),

final as (

    select
        -- ids
        order_id,
        customer_id,

        -- strings
        case
            when is_called_off then cancellation_reason
            when is_unpaid then status
        end as cancellation_reason,
        city,
        state,

        -- booleans
        is_called_off or is_unpaid as is_cancelled,
        coalesce(came_back, false)
        and not is_called_off
        and not is_unpaid as is_returned,

        -- timestamps
        ordered_at

    from orders

)

select * from final
