{#
    The rows of one entity from every active source, with `source_name` in front.
    Each source has a model stg_<source>__<entity> with the columns named here. Columns that a source may
    have besides, each with its type, are NULL where the model's contract does not name them. Where it names
    `source_name`, the rows are of other sources, and say of which.
#}
{% macro union_sources(
    entity, columns, sources=var('sources'), optional_columns={}
) -%}
    {%- for source_name in sources | unique %}
    {%- set model = 'stg_' ~ source_name ~ '__' ~ entity %}
    {#- a unit test has no graph: its rows stand for what every source has -#}
    {%- set has = graph.nodes['model.' ~ project_name ~ '.' ~ model].columns
        if execute and graph.nodes is defined else {} %}
    select
        cast({{ 'source_name' if 'source_name' in has else "'" ~ source_name ~ "'" }} as {{ dbt.type_string() }})
            as source_name,
        {{ columns | join(',\n        ') }}
        {%- for column, type in optional_columns.items() %},
        cast({{ column if column in has else 'null' }} as {{ type }}) as {{ column }}
        {%- endfor %}
    from {{ ref(model) }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
{%- endmacro %}
