{{ config(
    enabled='[[ shop ]]' in var('sources'),
    materialized='table',
    indexes=[{'columns': ['order_id'], 'unique': true}],
) }}

with sales as (

    select
        *,
        [[ status_is(cancelled) ]] as is_cancelled,
        [[ status_is(returned) ]] as is_returned
    from {{ ref('base_[[ shop ]]__sales') }}
    where rejected_because is null

),

-- what is of the order stands in each of its lines, or in the first
orders as (

    select
        order_id,
        max(customer_id) as customer_id,
[% if has_channel %]
        max(channel) as channel,
[% endif %]
[% if has_currency %]
        max(currency) as currency,
[% endif %]
        -- where all lines are that say something
        coalesce(min(is_cancelled), 0) = 1 as is_cancelled,
        coalesce(min(is_returned), 0) = 1 as is_returned,
        min([[ day ]]) as [[ day ]]
    from sales
    group by order_id

),

final as (

    select
        -- ids
        order_id,
        customer_id,
        cast(null as {{ dbt.type_string() }}) as seller_id,

        -- strings
        [[ text("channel", "sales_channel") ]],
        cast(null as {{ dbt.type_string() }}) as cancellation_reason,
[% if has_currency %]
        upper(currency) as currency,
[% else %]
        '[[ currency ]]' as currency,
[% endif %]

        -- booleans
        is_cancelled,
        is_returned,

        -- dates
[% if has_times %]
        cast(ordered_at as date) as ordered_on,
[% else %]
        ordered_on,
[% endif %]
        cast(null as date) as cancelled_on,
        cast(null as date) as returned_on,

        -- timestamps
[% if has_times %]
        {{ local_to_utc(
            'ordered_at', '[[ time_zone ]]'
        ) }} as ordered_at
[% else %]
        -- the export gives the day only
        cast(ordered_on as timestamp) as ordered_at
[% endif %]

    from orders

)

select * from final
