{{ config(enabled='hubspot' in var('sources')) }}

-- The companies of HubSpot and the deals without one have all deals that are
-- known, and the revenue of all valid orders.
with companies as (

    select
        sum(total_deals) as deals,
        sum(total_won_deals) as won_deals,
        sum(total_revenue) as revenue,
        count(*) as rounded_rows
    from {{ ref('companies') }}

),

staged as (

    select
        count(*) as deals,
        sum(
            case
                when deals.is_won and deals.closed_on < as_of.as_of_on then 1
                else 0
            end
        ) as won_deals
    from {{ ref('stg_hubspot__deals') }} as deals
    inner join {{ ref('as_of') }} as as_of on deals.opened_on < as_of.as_of_on
    where not deals.is_deleted or deals.deleted_on >= as_of.as_of_on

),

orders as (

    select
        count(*) as won_deals,
        coalesce(sum(revenue), 0) as revenue
    from {{ ref('fct_orders') }}
    where source_name = 'hubspot' and is_valid

)

select
    companies.*,
    staged.deals as staged_deals,
    staged.won_deals as staged_won_deals,
    orders.won_deals as valid_orders,
    orders.revenue as order_revenue
from companies
cross join staged
cross join orders
where
    companies.deals != staged.deals
    or companies.won_deals != coalesce(staged.won_deals, 0)
    or companies.won_deals != orders.won_deals
    -- each row is rounded to the cent
    or abs(companies.revenue - orders.revenue) > 0.005 * companies.rounded_rows
