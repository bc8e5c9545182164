{{ config(enabled=crm_sources() != []) }}

-- What was won is the same by stage, by owner and month, and in the orders.
with stages as (

    select
        source_name,
        sum(won_deals) as won_deals,
        sum(won_amount) as revenue,
        count(*) as rounded_rows
    from {{ ref('deals_by_stage') }}
    group by source_name

),

owners as (

    select
        source_name,
        sum(won_deals) as won_deals,
        sum(revenue) as revenue,
        count(*) as rounded_rows
    from {{ ref('won_revenue') }}
    group by source_name

),

orders as (

    select
        source_name,
        count(*) as won_deals,
        sum(revenue) as revenue
    from {{ ref('fct_orders') }}
    where is_valid
    group by source_name

)

select
    stages.source_name,
    stages.won_deals as won_by_stage,
    owners.won_deals as won_by_owner,
    orders.won_deals as valid_orders,
    stages.revenue as revenue_by_stage,
    owners.revenue as revenue_by_owner,
    orders.revenue as order_revenue
from stages
left join owners on stages.source_name = owners.source_name
left join orders on stages.source_name = orders.source_name
where
    stages.won_deals != coalesce(owners.won_deals, 0)
    or stages.won_deals != coalesce(orders.won_deals, 0)
    -- each row is rounded to the cent
    or abs(stages.revenue - coalesce(owners.revenue, 0))
    > 0.005 * (stages.rounded_rows + coalesce(owners.rounded_rows, 0))
    or abs(stages.revenue - coalesce(orders.revenue, 0))
    > 0.005 * stages.rounded_rows
