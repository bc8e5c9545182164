{# dbt's own, but that nothing is counted where the database enforces it. #}
{% test unique(model, column_name) %}

{% if has_unique_index(model, [column_name]) -%}
select cast(null as {{ dbt.type_string() }}) as seen_to_by_the_index
where 1 = 0
{%- else -%}
{{ dbt.test_unique(model, column_name) }}
{%- endif %}

{% endtest %}
