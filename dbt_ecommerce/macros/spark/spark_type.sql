{# The name on Spark of a type as the .yml files write it, for Postgres. #}
{% macro spark_type(type) -%}
    {{ return({
        'text': 'string',
        'uuid': 'string',
        'double precision': 'double',
        'numeric': 'decimal(38, 10)',
        'timestamptz': 'timestamp',
        'jsonb': 'string',
    }.get(type, type)) }}
{%- endmacro %}

{# dbt's own, with that: contracts are compared by casts to the types they name. #}
{% macro spark__cast(field, type) -%}
    cast({{ field }} as {{ spark_type(type) }})
{%- endmacro %}
