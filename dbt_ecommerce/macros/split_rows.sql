{# Joined to a row, a row for each part of its text: a list that an API writes as one text. #}
{% macro split_rows(column, separator, alias) -%}
    {{ return(adapter.dispatch('split_rows')(column, separator, alias)) }}
{%- endmacro %}

{% macro default__split_rows(column, separator, alias) -%}
    cross join lateral unnest(
        string_to_array({{ column }}, '{{ separator }}')
    ) as {{ alias }} (item)
{%- endmacro %}

{% macro spark__split_rows(column, separator, alias) -%}
    lateral view explode(split({{ column }}, '{{ separator }}')) {{ alias }} as item
{%- endmacro %}
