{#
    Whether a date or timestamp lies before `earliest_order_on`: that is no order's, but what programs write for
    a time that they do not know (1970-01-01, 1900-01-01). One such order would make a history of decades.
#}
{% macro is_too_early(moment) -%}
    cast({{ moment }} as date) < cast('{{ var("earliest_order_on") }}' as date)
{%- endmacro %}
