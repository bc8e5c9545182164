with customers_at_risk as (

    select * from {{ ref('int_customers_at_risk') }}

),

customers as (

    select * from {{ ref('dim_customers') }}

),

orders as (

    select * from {{ ref('fct_orders') }}

),

main_products as (

    select * from {{ ref('int_main_products') }}

),

products as (

    select * from {{ ref('dim_products') }}

),

-- who is kept from the list to see what the list does, is in none
candidates as (

    select * from customers_at_risk
    where not is_control

),

orders_by_recency as (

    select
        orders.*,
        row_number() over (
            partition by orders.customer_key
            order by {{ by_time('desc', 'orders.') | indent(12) }}
        ) as recency,
        row_number() over (
            partition by orders.customer_key, orders.is_valid
            order by {{ by_time('desc', 'orders.') | indent(12) }}
        ) as recency_of_its_kind
    from orders
    inner join candidates
        on orders.customer_key = candidates.customer_key

),

last_products as (

    select
        last_orders.customer_key,
        products.product_name
    from orders_by_recency as last_orders
    inner join main_products
        on last_orders.order_key = main_products.order_key
    inner join products on main_products.product_key = products.product_key
    where last_orders.is_valid and last_orders.recency_of_its_kind = 1

),

at_risk as (

    select
        candidates.*,
        customers.customer_name,
        customers.state,
        last_products.product_name as last_product_name,
        last_orders.cancellation_reason,
        last_orders.is_cancelled as is_last_order_cancelled,
        last_orders.is_returned as is_last_order_returned,
        cast(
            {{ dbt.dateadd(
                'day',
                'cast(ceil(candidates.rhythm_days) as integer)',
                'candidates.last_order_on'
            ) }} as date
        ) as expected_next_order_on
    from candidates
    inner join customers
        on candidates.customer_key = customers.customer_key
    inner join orders_by_recency as last_orders
        on
            candidates.customer_key = last_orders.customer_key
            and last_orders.recency = 1
    left join last_products
        on candidates.customer_key = last_products.customer_key

),

with_days as (

    select
        *,
        greatest(
            {{ dbt.datediff('expected_next_order_on', 'as_of_on', 'day') }}, 0
        ) as days_overdue
    from at_risk

),

ranked as (

    select
        *,
        cast(value_at_stake as numeric(18, 2)) as rounded_value_at_stake,
        row_number() over (
            order by
                coalesce(value_at_stake, 0) desc,
                revenue desc,
                source_name asc,
                {{ dbt.length('customer_id') }} asc,
                {{ bytewise('customer_id') }} asc,
                customer_key asc
        ) as risk_rank
    from with_days

),

summed as (

    select
        *,
        sum(rounded_value_at_stake) over () as whole_value_at_stake,
        coalesce(
            sum(rounded_value_at_stake) over (
                order by risk_rank
                rows between unbounded preceding and 1 preceding
            ),
            0
        ) as value_at_stake_before
    from ranked

),

final as (

    select
        -- ids
        customer_key,
        source_name,
        customer_id,

        -- strings
        customer_name,
        state,
        status,
        case
            when is_last_order_cancelled then 'last_order_cancelled'
            when is_last_order_returned then 'last_order_returned'
            when order_days = 1 then 'never_came_back'
            when days_overdue > 0 then 'overdue'
            else 'unlikely_to_return'
        end as suggested_reason,
        cancellation_reason,
        last_product_name,
        valued_by,

        -- numerics
        cast(risk_rank as integer) as risk_rank,
        probability_alive,
        days_since_last_order,
        rhythm_days,
        cast(days_overdue as integer) as days_overdue,
        expected_order_days,
        cast(expected_value as numeric(18, 2)) as expected_value,
        rounded_value_at_stake as value_at_stake,
        valid_orders,
        revenue,

        -- booleans
        coalesce(
            value_at_stake_before
            < {{ var('at_risk_first_share') }} * whole_value_at_stake,
            false
        )
        or coalesce(whole_value_at_stake, 0) = 0 as is_to_contact_first,

        -- dates
        last_order_on,
        expected_next_order_on,
        as_of_on

    from summed

)

select * from final
