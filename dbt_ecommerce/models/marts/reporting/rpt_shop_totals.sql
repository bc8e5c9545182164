with as_of as (

    select * from {{ ref('as_of') }}

),

customers as (

    select * from {{ ref('customer_churn') }}

),

orders as (

    select * from {{ ref('fct_orders') }}

),

goods_prices as (

    select * from {{ ref('int_goods_prices') }}

),

rejected_rows as (

    select * from {{ ref('rejected_rows') }}

),

customer_totals as (

    select
        count(*) as customers,
        coalesce(sum(case when is_churned then 1 else 0 end), 0)
            as churned_customers,
        coalesce(sum(case when valid_orders >= 2 then 1 else 0 end), 0)
            as repeat_customers
    from customers

),

order_totals as (

    select
        count(*) as orders,
        coalesce(sum(case when is_cancelled then 1 else 0 end), 0)
            as cancelled_orders,
        coalesce(sum(case when is_valid then revenue end), 0) as revenue,
        coalesce(sum(case when is_valid then net_revenue end), 0)
            as net_revenue,
        case
            when min(currency) != max(currency) then 'mixed'
            else min(currency)
        end as currency
    from orders

),

goods_sold as (

    select
        product_name,
        max(unit_price) as unit_price,
        row_number() over (
            order by
                max(unit_price) desc,
                {{ bytewise('product_name') }} asc nulls last
        ) as price_rank
    from goods_prices
    group by product_name

),

rejected_totals as (

    select count(*) as rejected_rows from rejected_rows

),

final as (

    select
        -- dates
        as_of.as_of_on,

        -- customers
        cast(customer_totals.customers as integer) as customers,
        cast(customer_totals.churned_customers as integer)
            as churned_customers,
        {{ share(
            'customer_totals.churned_customers', 'customer_totals.customers'
        ) }} as inactive_share,
        cast(customer_totals.repeat_customers as integer) as repeat_customers,
        {{ share(
            'customer_totals.repeat_customers', 'customer_totals.customers'
        ) }} as repeat_rate,

        -- orders
        cast(order_totals.orders as integer) as orders,
        cast(order_totals.cancelled_orders as integer) as cancelled_orders,
        {{ share('order_totals.cancelled_orders', 'order_totals.orders') }}
            as cancellation_rate,

        -- money
        cast(order_totals.revenue as numeric(18, 2)) as revenue,
        cast(order_totals.net_revenue as numeric(18, 2)) as net_revenue,
        order_totals.currency,

        -- products
        goods_sold.product_name as dearest_product_name,
        cast(goods_sold.unit_price as numeric(18, 4)) as dearest_product_price,

        -- data quality
        cast(rejected_totals.rejected_rows as integer) as rejected_rows

    from as_of
    cross join customer_totals
    cross join order_totals
    cross join rejected_totals
    left join goods_sold on goods_sold.price_rank = 1

)

select * from final
