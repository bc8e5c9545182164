{#- How far back the orders of an active customer can lie. -#}
{%- set window_days = var('churn_window_days') -%}

with periods as (

    select * from {{ ref('int_periods') }}

),

spells as (

    select *
    from {{ ref('customer_spells') }}
    where spell_type = 'active'

),

orders as (

    select * from {{ ref('fct_orders') }}

),

with_called_off as (

    select
        customer_key,
        ordered_on,
        {{ called_off_on() }} as called_off_on,
        revenue
    from orders
    where customer_key is not null

),

-- An order counts until it is called off, as far as anybody knew: spells are
-- made of the same.
counted_orders as (

    select *
    from with_called_off
    where called_off_on is null or called_off_on > ordered_on

),

-- by day first: there are few of them
revenue_by_day as (

    select
        ordered_on,
        called_off_on,
        sum(revenue) as revenue
    from counted_orders
    group by ordered_on, called_off_on

),

revenue_at_start as (

    select
        periods.period,
        periods.starts_on,
        coalesce(sum(revenue_by_day.revenue), 0) as revenue
    from periods
    left join revenue_by_day
        on
            periods.starts_on > revenue_by_day.ordered_on
            and {{ dbt.datediff(
                'revenue_by_day.ordered_on', 'periods.starts_on', 'day'
            ) }} <= {{ window_days }}
            and (
                revenue_by_day.called_off_on is null
                or periods.starts_on <= revenue_by_day.called_off_on
            )
    group by periods.period, periods.starts_on

),

churned as (

    {% for period in ['week', 'month'] %}
    select
        '{{ period }}' as period,
        cast({{ dbt.date_trunc(
            period, dbt.dateadd('day', -1, 'ended_on')
        ) }} as date) as starts_on,
        customer_key,
        began_on
    from spells
    where ended_on is not null
    {% if not loop.last %}
    union all

    {% endif %}
    {% endfor %}

),

churned_revenue as (

    select
        churned.period,
        churned.starts_on,
        sum(counted_orders.revenue) as revenue
    from churned
    inner join counted_orders
        on
            churned.customer_key = counted_orders.customer_key
            and churned.starts_on > counted_orders.ordered_on
            and {{ dbt.datediff(
                'counted_orders.ordered_on', 'churned.starts_on', 'day'
            ) }} <= {{ window_days }}
            and (
                counted_orders.called_off_on is null
                or churned.starts_on <= counted_orders.called_off_on
            )
    where churned.began_on < churned.starts_on
    group by churned.period, churned.starts_on

),

final as (

    select
        -- strings
        revenue_at_start.period,

        -- numerics
        cast(revenue_at_start.revenue as numeric(18, 2)) as revenue_at_start,
        cast(coalesce(churned_revenue.revenue, 0) as numeric(18, 2))
            as churned_revenue,

        -- dates
        revenue_at_start.starts_on

    from revenue_at_start
    left join churned_revenue
        on
            revenue_at_start.period = churned_revenue.period
            and revenue_at_start.starts_on = churned_revenue.starts_on

)

select * from final
