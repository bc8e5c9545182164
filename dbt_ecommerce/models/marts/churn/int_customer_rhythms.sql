{#- fewer gaps than that say nothing about a category -#}
{%- set least_gaps = 30 -%}
{%- set median = 'percentile_cont(0.5) within group (order by {})' -%}

with order_days as (

    select * from {{ ref('fct_order_days') }}

),

first_orders as (

    select * from {{ ref('customer_first_orders') }}

),

windows as (

    select * from {{ ref('churn_windows') }}

),

gaps as (

    select
        order_days.customer_key,
        first_orders.category,
        order_days.days_to_next
    from order_days
    inner join first_orders
        on order_days.customer_key = first_orders.customer_key

),

own as (

    select
        customer_key,
        category,
        count(days_to_next) as gaps,
        {{ median.format('days_to_next') }} as median_gap_days
    from gaps
    group by customer_key, category

),

by_category as (

    select
        category,
        count(days_to_next) as gaps,
        {{ median.format('days_to_next') }} as median_gap_days
    from gaps
    where category is not null
    group by category

),

chosen as (

    select
        own.customer_key,
        case
            when own.gaps >= 2 then 'customer'
            when by_category.gaps >= {{ least_gaps }} then 'category'
            when windows.median_gap_days is not null then 'shop'
        end as rhythm_of,
        case
            when own.gaps >= 2 then own.median_gap_days
            when by_category.gaps >= {{ least_gaps }}
                then by_category.median_gap_days
            else windows.median_gap_days
        end as rhythm_days
    from own
    left join by_category on own.category = by_category.category
    cross join windows

),

final as (

    select
        -- ids
        customer_key,

        -- strings
        rhythm_of,

        -- numerics
        cast(rhythm_days as numeric(9, 1)) as rhythm_days,
        cast(
            case
                when rhythm_days is null then {{ var('churn_window_days') }}
                else greatest(
                    -- floating point makes 55.00000000000001 of 1.1 × 50
                    ceil(cast(
                        {{ var('personal_window_factor') }} * rhythm_days
                        as numeric(18, 6)
                    )),
                    {{ var('personal_window_floor_days') }}
                )
            end as integer
        ) as personal_window_days

    from chosen

)

select * from final
