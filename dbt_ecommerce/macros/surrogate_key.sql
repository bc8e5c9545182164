{#
    One key for a row known by its source and its id there; NULL where the id is NULL. As a `uuid` it is half as
    long as the hash's digits, and compared faster.
#}
{% macro surrogate_key(source_name, id) -%}
    case
        when {{ id }} is not null
            then {{ hash_key([source_name, "'|'", id]) }}
    end
{%- endmacro %}

{# The hash of texts joined. Spark has no uuid and keeps the digits (spark_type). #}
{% macro hash_key(parts) -%}
    {{ dbt.cast(dbt.hash(dbt.concat(parts)), 'uuid') }}
{%- endmacro %}
