{#
    Whether a date or timestamp lies after `latest_order_on`: that is no order's, but what programs write for a
    time that never comes (9999-12-31), or a year typed wrongly (2206).
#}
{% macro is_too_late(moment) -%}
    cast({{ moment }} as date) > cast('{{ var("latest_order_on") }}' as date)
{%- endmacro %}
