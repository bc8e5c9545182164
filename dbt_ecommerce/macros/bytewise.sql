{#
    A text to order by, the same in every database: what comes first by alphabet depends on the collation that a
    Postgres was made with, and a tie must not.
#}
{% macro bytewise(column) -%}
    {{ return(adapter.dispatch('bytewise')(column)) }}
{%- endmacro %}

{% macro default__bytewise(column) -%}
    {{ column }}
{%- endmacro %}

{% macro postgres__bytewise(column) -%}
    {{ column }} collate "C"
{%- endmacro %}
