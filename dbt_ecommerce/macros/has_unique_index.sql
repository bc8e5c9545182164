{# Whether a relation's primary key, as the database has it, is just these columns. #}
{% macro has_primary_key(relation, columns) -%}
    {%- if not execute or target.type != 'postgres' or relation is string -%}
        {{ return(false) }}
    {%- endif -%}
    {%- set key = run_query(
        "select attname from pg_index"
        " inner join pg_attribute on indrelid = attrelid and attnum = any(indkey)"
        " where indisprimary and indrelid = to_regclass('" ~ relation ~ "')"
    ) -%}
    {{ return(key.rows | map(attribute=0) | sort == columns | sort) }}
{%- endmacro %}
