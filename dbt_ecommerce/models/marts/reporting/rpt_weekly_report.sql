{%- set figures = {
    'orders': 'weekly_sales',
    'cancelled_orders': 'weekly_sales',
    'cancellation_rate': 'weekly_sales',
    'top_cancellation_reason': 'weekly_sales',
    'revenue': 'weekly_sales',
    'net_revenue': 'weekly_sales',
    'dearest_product_name': 'weekly_sales',
    'dearest_product_price': 'weekly_sales',
    'new_customers': 'weekly_churn',
    'churned_customers': 'weekly_churn',
    'reactivated_customers': 'weekly_churn',
    'active_customers_at_start': 'weekly_churn',
    'active_customers_at_end': 'weekly_churn',
    'churn_rate': 'weekly_churn',
    'inactive_share': 'weekly_churn',
} -%}

with as_of as (

    select * from {{ ref('as_of') }}

),

shop_totals as (

    select * from {{ ref('rpt_shop_totals') }}

),

weekly_sales as (

    select * from {{ ref('weekly_sales') }}

),

weekly_churn as (

    select * from {{ ref('weekly_churn') }}

),

figures_by_week as (

    select
        {% for figure, model in figures.items() -%}
        {{ model }}.{{ figure }},
        {% endfor -%}
        weekly_churn.week_starts_on
    from weekly_churn
    inner join weekly_sales
        on weekly_churn.week_starts_on = weekly_sales.week_starts_on

),

report_week as (

    select
        as_of_on,
        cast(
            {{ dbt.dateadd('day', -7, dbt.date_trunc('week', 'as_of_on')) }}
            as date
        ) as week_starts_on,
        cast(
            {{ dbt.dateadd('day', -14, dbt.date_trunc('week', 'as_of_on')) }}
            as date
        ) as week_before_starts_on
    from as_of

),

final as (

    select
        -- dates
        report_week.as_of_on,
        report_week.week_starts_on,
        cast({{ dbt.dateadd('day', 6, 'report_week.week_starts_on') }} as date)
            as week_ends_on,

        -- figures
        {% for figure in figures -%}
        this_week.{{ figure }},
        week_before.{{ figure }} as {{ figure }}_week_before,
        {% endfor -%}

        -- money
        shop_totals.currency

    from report_week
    cross join shop_totals
    left join figures_by_week as this_week
        on report_week.week_starts_on = this_week.week_starts_on
    left join figures_by_week as week_before
        on report_week.week_before_starts_on = week_before.week_starts_on

)

select * from final
