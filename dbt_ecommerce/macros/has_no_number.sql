{# Whether one of a row's figures, by its model's contract, is NaN or infinite. #}
{% macro has_no_number(model_name) -%}
    {%- set conditions = [] -%}
    {%- if execute -%}
        {%- for node in graph.nodes.values() if node.resource_type == 'model' and node.name == model_name -%}
            {%- for column in node.columns.values()
                if (column.data_type or '').startswith(('numeric', 'double')) -%}
                {%- do conditions.append(is_no_number(column.name)) -%}
            {%- endfor -%}
        {%- endfor -%}
    {%- endif -%}
    {{ conditions | join(' or ') }}
{%- endmacro %}

{% macro is_no_number(figure) -%}
    {{ return(adapter.dispatch('is_no_number')(figure)) }}
{%- endmacro %}

{% macro default__is_no_number(figure) -%}
    cast({{ figure }} as double)
    in (cast('NaN' as double), cast('Infinity' as double), cast('-Infinity' as double))
{%- endmacro %}

{% macro postgres__is_no_number(figure) -%}
    {{ figure }} in ('NaN', 'Infinity', '-Infinity')
{%- endmacro %}
