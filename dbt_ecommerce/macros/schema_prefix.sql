{#
    What is in front of the name of every schema, see include/schemas.py: from the environment, so that what
    is not dbt's has the same. A source's yml knows no macros of ours, and asks env_var itself.
#}
{% macro schema_prefix() -%}
    {{ return(env_var('SCHEMA_PREFIX', '')) }}
{%- endmacro %}

{# A table of ops, which no model makes. #}
{% macro ops(table) -%}
    {{ return(schema_prefix() ~ 'ops.' ~ table) }}
{%- endmacro %}
