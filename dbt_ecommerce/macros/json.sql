{#
    What staging reads of an API's JSON: jsonb on Postgres, text on Spark and DuckDB. A field that is not
    there, is null or stands in no object is NULL; a list that is none has no rows.
#}

{# The text of a field of an object, by its path (such as 'metadata.isClosed'). #}
{% macro json_field(column, path) -%}
    {{ return(adapter.dispatch('json_field')(column, path)) }}
{%- endmacro %}

{% macro default__json_field(column, path) -%}
    ({{ column }} #>> '{{ "{" ~ path | replace(".", ",") ~ "}" }}')
{%- endmacro %}

{% macro spark__json_field(column, path) -%}
    get_json_object({{ column }}, '$.{{ path }}')
{%- endmacro %}

{% macro duckdb__json_field(column, path) -%}
    json_extract_string({{ column }}, '$.{{ path }}')
{%- endmacro %}

{# The text of a value by itself. #}
{% macro json_text(item) -%}
    {{ return(adapter.dispatch('json_text')(item)) }}
{%- endmacro %}

{% macro default__json_text(item) -%}
    ({{ item }} #>> '{}')
{%- endmacro %}

{% macro spark__json_text(item) -%}
    {{ item }}
{%- endmacro %}

{% macro duckdb__json_text(item) -%}
    json_extract_string({{ item }}, '$')
{%- endmacro %}

{# Joined to a row, a row for each element of the list at `path` (such as 'companies.results'). #}
{% macro json_rows(column, path, alias) -%}
    {{ return(adapter.dispatch('json_rows')(column, path, alias)) }}
{%- endmacro %}

{% macro default__json_rows(column, path, alias) -%}
    {%- set list = '(' ~ column ~ " #> '{" ~ path | replace('.', ',') ~ "}')" -%}
    cross join lateral jsonb_array_elements(
        case when jsonb_typeof({{ list }}) = 'array' then {{ list }} end
    ) as {{ alias }} (item)
{%- endmacro %}

{% macro spark__json_rows(column, path, alias) -%}
    {%- set list = 'get_json_object(' ~ column ~ ", '$" ~ ('.' ~ path if path) ~ "')" -%}
    lateral view explode(from_json({{ list }}, 'array<string>')) {{ alias }} as item
{%- endmacro %}

{% macro duckdb__json_rows(column, path, alias) -%}
    cross join lateral (
        select unnest(json_extract({{ column }}, '${{ '.' ~ path if path }}[*]')) as item
    ) as {{ alias }}
{%- endmacro %}

{# Joined to a row, a row for each field of the object: its `name` and its `item`. #}
{% macro json_entries(column, alias) -%}
    {{ return(adapter.dispatch('json_entries')(column, alias)) }}
{%- endmacro %}

{% macro default__json_entries(column, alias) -%}
    cross join lateral jsonb_each(
        case when jsonb_typeof({{ column }}) = 'object' then {{ column }} end
    ) as {{ alias }} (name, item)
{%- endmacro %}

{% macro spark__json_entries(column, alias) -%}
    lateral view explode(from_json({{ column }}, 'map<string, string>')) {{ alias }} as name, item
{%- endmacro %}
