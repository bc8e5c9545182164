{# The active sources that are CRMs: those that bring deals with stages. #}
{% macro crm_sources() -%}
    {%- set active = [] -%}
    {%- for source_name in var('sources') | unique if source_name in ('hubspot', 'pipedrive') -%}
        {%- do active.append(source_name) -%}
    {%- endfor -%}
    {{ return(active) }}
{%- endmacro %}
