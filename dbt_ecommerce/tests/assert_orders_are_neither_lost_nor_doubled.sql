-- Each layer holds as many orders as the one before it, up to the as-of date.
with counts as (

    select
        (
            select count(*)
            from {{ ref('int_orders_unioned') }} as orders
            inner join {{ ref('as_of') }} as as_of
                on orders.ordered_on < as_of.as_of_on
        ) as staged_orders,
        (select count(*) from {{ ref('int_orders') }}) as shop_orders,
        (select count(*) from {{ ref('fct_orders') }}) as mart_orders,
        (select orders from {{ ref('rpt_shop_totals') }}) as reported_orders

)

select *
from counts
where
    staged_orders != shop_orders
    or shop_orders != mart_orders
    or mart_orders != reported_orders
