{#
    cast(), but NULL where the text is not of that type, so that one bad row
    does not stop the others. Dates and timestamps must start with YYYY-MM-DD:
    05/11/2026 is May in one country and November in another.
#}
{% macro try_cast(column, type) -%}
    {{ return(adapter.dispatch('try_cast')(column, type)) }}
{%- endmacro %}

{% macro default__try_cast(column, type) -%}
    case
        when {{ starts_like_its_type(column, type) }}
            then try_cast({{ column }} as {{ type }})
    end
{%- endmacro %}

{% macro spark__try_cast(column, type) -%}
    {{ default__try_cast(column, spark_type(type)) }}
{%- endmacro %}

{% macro postgres__try_cast(column, type) -%}
    case
        when
            {{ starts_like_its_type(column, type) }}
            and pg_input_is_valid(cast({{ column }} as text), '{{ type }}')
            then cast({{ column }} as {{ type }})
    end
{%- endmacro %}

{% macro starts_like_its_type(column, type) -%}
    {%- if type in ('date', 'timestamp', 'timestamptz') -%}
        cast({{ column }} as {{ dbt.type_string() }}) like '____-__-__%'
    {%- else -%}
        {{ column }} is not null
    {%- endif -%}
{%- endmacro %}
