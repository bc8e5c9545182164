{{ config(materialized='view') }}

with as_of as (

    select * from {{ ref('as_of') }}

),

weekly_churn as (

    select * from {{ ref('weekly_churn') }}

),

orders as (

    select
        {{ called_off_on() }} as called_off_on,
        is_cancelled,
        cancelled_on,
        revenue,
        cast({{ dbt.date_trunc('week', 'ordered_on') }} as date)
            as week_starts_on
    from {{ ref('fct_orders') }}

),

first_and_last_week as (

    select
        min(week_starts_on) as first_week_starts_on,
        max(week_starts_on) as last_week_starts_on
    from weekly_churn

),

-- Orders are called off later, too: each week is told as it was known when it
-- was as old as the last one is now.
weeks as (

    select
        weekly_churn.week_starts_on,
        cast(
            {{ dbt.dateadd(
                'day',
                dbt.datediff(
                    'first_and_last_week.last_week_starts_on',
                    'as_of.as_of_on',
                    'day'
                ),
                'weekly_churn.week_starts_on'
            ) }} as date
        ) as known_on,
        -- before a window has passed nobody can have churned
        weekly_churn.week_starts_on > cast(
            {{ dbt.dateadd(
                'day',
                var('churn_window_days'),
                'first_and_last_week.first_week_starts_on'
            ) }} as date
        ) as is_after_first_window
    from weekly_churn
    cross join first_and_last_week
    cross join as_of

),

orders_as_known as (

    select
        orders.week_starts_on,
        orders.revenue,
        coalesce(
            orders.is_cancelled
            and (
                orders.cancelled_on is null
                or orders.cancelled_on < weeks.known_on
            ),
            false
        ) as is_cancelled,
        orders.called_off_on is null
        or orders.called_off_on >= weeks.known_on as is_valid
    from orders
    inner join weeks on orders.week_starts_on = weeks.week_starts_on

),

sales as (

    select
        week_starts_on,
        count(*) as orders,
        sum(case when is_cancelled then 1 else 0 end) as cancelled_orders,
        sum(
            case
                when is_valid then cast(revenue as {{ type_double() }})
                else 0
            end
        ) as revenue,
        sum(
            case
                when is_valid
                    then power(cast(revenue as {{ type_double() }}), 2)
                else 0
            end
        ) as revenue_squared,
        sum(
            case
                when is_valid
                    then power(cast(revenue as {{ type_double() }}), 3)
                else 0
            end
        ) as revenue_cubed
    from orders_as_known
    group by week_starts_on

),

joined as (

    select
        weekly_churn.*,
        weeks.is_after_first_window,
        coalesce(sales.orders, 0) as orders,
        coalesce(sales.cancelled_orders, 0) as cancelled_orders,
        coalesce(sales.revenue, 0) as revenue,
        coalesce(sales.revenue_squared, 0) as revenue_squared,
        coalesce(sales.revenue_cubed, 0) as revenue_cubed
    from weekly_churn
    inner join weeks on weekly_churn.week_starts_on = weeks.week_starts_on
    left join sales on weekly_churn.week_starts_on = sales.week_starts_on

),

{#-
    What varies, of how many, what it is added to, and its variance and third
    moment if only chance varied it.
-#}
{%- set churned = 'churned_customers' -%}
{%- set left = 'churned_from_start' -%}
{%- set came = 'new_customers + reactivated_customers' -%}
{%- set active = 'active_customers_at_start' -%}
{%- set cancelled = 'cancelled_orders' -%}
{%- set new = 'new_customers' -%}
{%- set back = 'reactivated_customers' -%}
{%- set figures = {
    'active_customers_at_end': (
        came ~ ' - ' ~ churned, 1, active, came ~ ' + ' ~ churned, 0
    ),
    'cancellation_rate': (cancelled, 'orders', 0, cancelled, cancelled),
    'churn_rate': (left, active, 0, left, left),
    'churned_customers': (churned, active, 0, churned, churned),
    'new_customers': (new, 1, 0, new, new),
    'reactivated_customers': (back, 1, 0, back, back),
    'revenue': ('revenue', 1, 0, 'revenue_squared', 'revenue_cubed'),
} -%}
{%- set of_any_week = ['cancellation_rate', 'new_customers', 'revenue'] %}

final as (

    {% for figure, (amount, exposure, base, chance, skew) in figures.items() -%}
    select
        -- strings
        '{{ figure }}' as figure,

        -- numerics
        cast({{ amount }} as {{ type_double() }}) as amount,
        cast({{ exposure }} as {{ type_double() }}) as exposure,
        cast({{ base }} as {{ type_double() }}) as base,
        cast({{ chance }} as {{ type_double() }}) as chance,
        cast({{ skew }} as {{ type_double() }}) as chance_skew,

        -- dates
        week_starts_on,
        week_ends_on

    from joined
    where
        {{ exposure }} > 0
        {%- if figure not in of_any_week %}
        and is_after_first_window
        {%- endif %}
    {%- if not loop.last %}

    union all

    {% endif -%}
    {%- endfor %}

)

select * from final
