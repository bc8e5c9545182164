{#- How far back a day's expectation looks; all of it ends the day before. -#}
{%- set level_days = 28 -%}
{%- set weeks = 8 -%}
{%- set history_days = 7 * weeks -%}
{%- set limit = 3 -%}

with days as (

    select * from {{ ref('dim_dates') }}

),

orders as (

    select * from {{ ref('fct_orders') }}

),

totals as (

    select
        ordered_on,
        count(*) as orders,
        sum(case when is_cancelled then 1 else 0 end) as cancelled_orders,
        sum(case when is_valid then revenue else 0 end) as revenue
    from orders
    group by ordered_on

),

measured as (

    {% for metric in ['revenue', 'orders', 'cancelled_orders'] %}
    select
        '{{ metric }}' as metric,
        days.date_day,
        days.iso_day_of_week,
        cast(coalesce(totals.{{ metric }}, 0) as numeric(18, 4)) as actual
    from days
    left join totals on days.date_day = totals.ordered_on
    {% if not loop.last %}
    union all

    {% endif %}
    {% endfor %}

),

looked_back as (

    select
        *,
        sum(actual) over (
            partition by metric
            order by date_day
            rows between {{ level_days }} preceding and 1 preceding
        ) as four_weeks,
        sum(actual) over (
            partition by metric
            order by date_day
            rows between {{ history_days }} preceding and 1 preceding
        ) as eight_weeks,
        sum(actual) over (
            partition by metric, iso_day_of_week
            order by date_day
            rows between {{ weeks }} preceding and 1 preceding
        ) as eight_weekdays,
        row_number() over (
            partition by metric
            order by date_day
        ) - 1 as days_before
    from measured

),

with_weekday as (

    select
        *,
        {{ quotient('7 * eight_weekdays', 'eight_weeks', digits=12) }}
            as weekday_factor
    from looked_back

),

-- where nothing happened in eight weeks, nothing is expected
expected as (

    select
        *,
        case
            when days_before < {{ history_days }} then null
            when eight_weeks = 0 then 0
            else {{ quotient(
                'four_weeks * weekday_factor', level_days, digits=4
            ) }}
        end as expected
    from with_weekday

),

with_spread as (

    select
        *,
        case
            when days_before >= 2 * {{ history_days }}
                then cast(
                    stddev_samp(actual - expected) over (
                        partition by metric
                        order by date_day
                        rows between
                        {{ history_days }} preceding and 1 preceding
                    ) as numeric(18, 4)
                )
        end as spread
    from expected

),

scored as (

    select
        *,
        {{ quotient('actual - expected', 'spread', digits=4) }} as z_score
    from with_spread

),

final as (

    select
        -- strings
        metric,
        case
            when z_score > {{ limit }} then 'up'
            when z_score < -{{ limit }} then 'down'
        end as direction,

        -- numerics
        actual,
        cast(expected as numeric(18, 4)) as expected,
        cast(spread as numeric(18, 4)) as spread,
        z_score,

        -- booleans
        abs(z_score) > {{ limit }} as is_anomaly,

        -- dates
        date_day

    from scored

)

select * from final
