with orders as (

    select * from {{ ref('fct_orders') }}

),

as_of as (

    select * from {{ ref('as_of') }}

),

order_days as (

    select distinct
        customer_key,
        ordered_on
    from orders
    where is_valid and customer_key is not null

),

with_next as (

    select
        customer_key,
        ordered_on,
        lead(ordered_on) over (
            partition by customer_key
            order by ordered_on
        ) as next_ordered_on,
        {{ churned_on('ordered_on') }} as window_lapses_on
    from order_days

),

lapsed as (

    select
        with_next.*,
        as_of.as_of_on
    from with_next
    inner join as_of on with_next.window_lapses_on <= as_of.as_of_on
    where
        with_next.next_ordered_on is null
        or with_next.next_ordered_on >= with_next.window_lapses_on

),

events as (

    select
        customer_key,
        'churned' as event_type,
        ordered_on as last_order_on,
        window_lapses_on as happened_on
    from lapsed

    union all

    select
        customer_key,
        'reactivated' as event_type,
        ordered_on as last_order_on,
        next_ordered_on as happened_on
    from lapsed
    where next_ordered_on is not null

)

select * from events
