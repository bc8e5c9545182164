with orders as (

    select * from {{ ref('fct_orders') }}

),

first_orders as (

    select * from {{ ref('customer_first_orders') }}

),

totals as (

    select
        first_orders.cohort_month,
        count(*) as orders,
        sum(case when orders.is_cancelled then 1 else 0 end)
            as cancelled_orders,
        sum(
            case
                when orders.is_returned and not orders.is_cancelled then 1
                else 0
            end
        ) as returned_orders,
        sum(case when not orders.is_cancelled then orders.revenue else 0 end)
            as revenue_before_refunds,
        sum(
            case
                when orders.is_returned and not orders.is_cancelled
                    then orders.revenue
                when orders.is_valid then orders.refunded_revenue
                else 0
            end
        ) as refunded_revenue,
        sum(case when orders.is_valid then orders.revenue else 0 end)
            as revenue,
        -- known only where it is known of each
        case
            when
                count(case when orders.is_valid then 1 end)
                = count(case when orders.is_valid then orders.discount end)
                then sum(case when orders.is_valid then orders.discount end)
        end as discount
    from orders
    inner join first_orders on orders.customer_key = first_orders.customer_key
    group by first_orders.cohort_month

),

final as (

    select
        -- numerics
        cast(orders as integer) as orders,
        cast(cancelled_orders as integer) as cancelled_orders,
        {{ share('cancelled_orders', 'orders') }} as cancellation_rate,
        cast(returned_orders as integer) as returned_orders,
        cast(refunded_revenue as numeric(18, 2)) as refunded_revenue,
        {{ share('refunded_revenue', 'revenue_before_refunds') }}
            as refund_rate,
        cast(discount as numeric(18, 2)) as discount,
        {{ share('discount', 'revenue + discount') }} as discount_rate,

        -- dates
        cohort_month

    from totals

)

select * from final
