{{ config(
    enabled='mercado_livre' in var('sources'),
    materialized='table',
) }}

with sales as (

    select * from {{ ref('base_mercado_livre__sales') }}
    where rejected_because is null

),

orders as (

    select
        -- ids
        order_number,
        max(customer_id) as customer_id,

        -- strings
        max(case when is_cancelled then status end) as cancellation_reason,
        max(city) as city,
        max(state) as state,
        max(country) as country,

        -- numerics
        max(case when not is_of_pack then product_revenue end)
            as product_revenue,
        max(case when not is_of_pack then given_back end) as given_back,

        -- booleans
        -- the articles tell what became of a pack
        min(case when is_pack or is_cancelled then 1 else 0 end) = 1
            as is_cancelled,
        min(
            case when is_pack or is_cancelled or is_returned then 1 else 0 end
        ) = 1 as is_called_off,

        -- timestamps
        max(case when not is_of_pack then sold_at end) as sold_at
    from sales
    group by order_number

),

final as (

    select
        -- ids
        order_number,
        customer_id,

        -- strings
        case when is_cancelled then cancellation_reason end
            as cancellation_reason,
        city,
        state,
        country,

        -- numerics
        -- a sale that is cancelled at once may have no money at all
        round(coalesce(product_revenue, 0), 2) as product_revenue,
        given_back,

        -- booleans
        is_cancelled,
        is_called_off and not is_cancelled as is_returned,

        -- timestamps
        sold_at

    from orders

)

select * from final
