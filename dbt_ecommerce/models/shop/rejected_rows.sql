with staged as (

    {{ union_sources('rejected_rows', [
        'landing_table',
        'rejected_because',
        'source_row',
    ]) }}

),

as_of as (

    select * from {{ ref('as_of') }}

),

-- orders are named where they are read: what is read twice as one CTE Postgres
-- writes out first
last_order as (

    {{ last_order_on(ref('int_orders_unioned')) | indent(4) }}

),

-- which day is too far from all others only all orders together tell
too_far as (

    select
        orders.source_name,
        {{ dbt.concat(["'stg_'", "orders.source_name", "'__orders'"]) }}
            as landing_table,
        'ordered_on is long after all other orders' as rejected_because,
        {{ row_as_json('orders') }} as source_row
    from {{ ref('int_orders_unioned') }} as orders
    cross join as_of
    cross join last_order
    where
        orders.ordered_on >= as_of.as_of_on
        and orders.ordered_on > last_order.last_order_on

),

final as (

    select * from staged
    union all
    select * from too_far

)

select * from final
