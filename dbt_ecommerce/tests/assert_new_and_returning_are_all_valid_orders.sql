-- New, returning and unknown together are the valid orders and their revenue.
with split as (

    select
        coalesce(sum(orders), 0) as orders,
        coalesce(sum(revenue), 0) as revenue,
        count(*) as rounded_rows
    from {{ ref('new_and_returning') }}

),

whole as (

    select
        count(*) as orders,
        coalesce(sum(revenue), 0) as revenue
    from {{ ref('fct_orders') }}
    where is_valid

)

select
    split.orders,
    split.revenue,
    whole.orders as valid_orders,
    whole.revenue as valid_revenue
from split
cross join whole
where
    split.orders != whole.orders
    -- each row is rounded to the cent
    or abs(split.revenue - whole.revenue) > 0.005 * split.rounded_rows
