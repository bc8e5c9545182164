{#
    The rows of one entity from every active source, with `source_name` in front.
    Each source has a model stg_<source>__<entity> with the columns named here.
#}
{% macro union_sources(entity, columns, sources=var('sources')) -%}
    {%- for source_name in sources | unique %}
    select
        cast('{{ source_name }}' as {{ dbt.type_string() }}) as source_name,
        {{ columns | join(',\n        ') }}
    from {{ ref('stg_' ~ source_name ~ '__' ~ entity) }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
{%- endmacro %}
