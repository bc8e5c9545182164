{# Schemas are named plainly, without the target's schema in front: SCHEMA_PREFIX is what keeps them apart. #}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ schema_prefix() }}{{ custom_schema_name | trim if custom_schema_name else target.schema }}
{%- endmacro %}
