{#
    Whether the database itself sees to it that rows differ in these columns: by a primary key, or for
    a single column, of which dbt's tests do not count NULLs, by a unique index.
#}
{% macro has_unique_index(relation, columns) -%}
    {%- if not execute or target.type != 'postgres' or relation is string -%}
        {{ return(false) }}
    {%- endif -%}
    {%- set indexes = run_query(
        "select string_agg(attname, ' ' order by attname)"
        " from pg_index"
        " inner join pg_attribute on indrelid = attrelid and attnum = any(indkey)"
        " where indrelid = to_regclass('" ~ relation ~ "')"
        " and (indisprimary or (indisunique and indnatts = 1 and indpred is null))"
        " group by indexrelid"
    ) -%}
    {{ return(columns | sort | join(' ') in indexes.rows | map(attribute=0) | list) }}
{%- endmacro %}
