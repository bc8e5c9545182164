{#
    Growth accounting of the whole shop, one row a complete period:
    active at the end = active at the start + new + reactivated − churned.
    `period` is week or month; its first and last day are called <period>_starts_on
    and <period>_ends_on.
#}
{% macro growth_accounting(period) -%}

with accounting as (

    select *
    from {{ ref('int_growth_accounting') }}
    where period = '{{ period }}' and dimension = 'all'

),

revenue_churn as (

    select *
    from {{ ref('int_revenue_churn') }}
    where period = '{{ period }}'

),

joined as (

    select
        -- dates
        accounting.starts_on as {{ period }}_starts_on,
        accounting.ends_on as {{ period }}_ends_on,

        -- numerics
        accounting.active_customers_at_start,
        accounting.new_customers,
        accounting.reactivated_customers,
        accounting.churned_customers,
        accounting.churned_from_start,
        accounting.active_customers_at_end,
        accounting.customers_at_end,
        {{ share(
            'accounting.churned_from_start',
            'accounting.active_customers_at_start'
        ) }} as churn_rate,
        {{ share(
            'accounting.customers_at_end - accounting.active_customers_at_end',
            'accounting.customers_at_end'
        ) }} as inactive_share,
        revenue_churn.revenue_at_start,
        revenue_churn.churned_revenue,
        {{ share(
            'revenue_churn.churned_revenue', 'revenue_churn.revenue_at_start'
        ) }} as revenue_churn_rate

    from accounting
    inner join revenue_churn on accounting.starts_on = revenue_churn.starts_on

)

select * from joined

{%- endmacro %}
