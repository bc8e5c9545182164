{#
    The rows of an entity that not every source has, with `source_name` in front, from
    the active sources that `optional_models` names; no rows where none does.
    Takes the columns with their types.
#}
{% macro union_optional(entity, columns) -%}
    {%- set bringing = [] -%}
    {%- for source_name in var('sources') -%}
        {%- if source_name in var('optional_models').get(entity, []) -%}
            {%- do bringing.append(source_name) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- if bringing -%}
        {{ union_sources(entity, columns.keys() | list, bringing) }}
    {%- else %}
    select
        cast(null as {{ dbt.type_string() }}) as source_name
        {%- for column, type in columns.items() %},
        cast(null as {{ type }}) as {{ column }}
        {%- endfor %}
    where 1 = 0
    {%- endif %}
{%- endmacro %}
