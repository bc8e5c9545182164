{#
    The first as-of date on which a customer without a further order is churned:
    strictly more than the window after the last valid order.
#}
{% macro churned_on(last_order_on) -%}
    cast(
        {{ dbt.dateadd('day', var('churn_window_days') + 1, last_order_on) }}
        as date
    )
{%- endmacro %}
