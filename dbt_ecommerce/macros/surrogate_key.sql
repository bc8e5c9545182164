{# One text key for a row known by its source and its id there; NULL where the id is NULL. #}
{% macro surrogate_key(source_name, id) -%}
    case
        when {{ id }} is not null
            then {{ dbt.hash(dbt.concat([source_name, "'|'", id])) }}
    end
{%- endmacro %}
