{# dbt's own, but that nothing is counted where the database enforces it. #}
{% test unique(model, column_name) %}

{% if has_primary_key(model, [column_name]) -%}
select cast(null as {{ dbt.type_string() }}) as seen_to_by_the_primary_key
where 1 = 0
{%- else -%}
{{ dbt.test_unique(model, column_name) }}
{%- endif %}

{% endtest %}
