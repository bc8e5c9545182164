{#
    At the end of a CTE: its columns are computed once. Postgres puts the text of a column, say of a
    try_cast, wherever later CTEs name it, and computes it as often as they do; not past an offset.
#}
{% macro computed_once() -%}
    {{- 'offset 0' if target.type == 'postgres' -}}
{%- endmacro %}
