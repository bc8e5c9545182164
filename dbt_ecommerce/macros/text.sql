{# Text that people typed: what stands for the same is made the same. #}

{# Without blanks at the ends and doubled ones within; NULL where nothing is left. #}
{% macro squeeze(column) -%}
    nullif(trim({{ replace_pattern(column, '\\s+', ' ') }}), '')
{%- endmacro %}

{# Every match of a regular expression replaced. #}
{% macro replace_pattern(column, pattern, by) -%}
    {{ return(adapter.dispatch('replace_pattern')(column, pattern, by)) }}
{%- endmacro %}

{% macro default__replace_pattern(column, pattern, by) -%}
    regexp_replace({{ column }}, '{{ pattern }}', '{{ by }}', 'g')
{%- endmacro %}

{% macro spark__replace_pattern(column, pattern, by) -%}
    regexp_replace({{ column }}, '{{ pattern | replace("\\", "\\\\") }}', '{{ by }}')
{%- endmacro %}

{#
    A name in one case only, ANA DE SOUZA or ana de souza, as Ana de Souza; one with both cases
    is left as somebody meant it, McDonald.
#}
{% macro name_case(column) -%}
    {%- set name = namespace(sql=dbt.concat(["' '", 'initcap(' ~ column ~ ')'])) -%}
    {%- for particle in ['da', 'das', 'de', 'do', 'dos', 'e'] -%}
        {%- set name.sql = (
            'replace(' ~ name.sql ~ ", ' " ~ particle | capitalize ~ " ', ' " ~ particle ~ " ')"
        ) -%}
    {%- endfor -%}
    case
        when {{ column }} in (lower({{ column }}), upper({{ column }})) then trim({{ name.sql }})
        else {{ column }}
    end
{%- endmacro %}

{# In lower case and without accents, to compare by. #}
{% macro plain(column) -%}
    translate(
        lower({{ column }}), 'áàâãäéèêëíìîïóòôõöúùûüçñ', 'aaaaaeeeeiiiiooooouuuucn'
    )
{%- endmacro %}

{# An e-mail address in lower case; NULL where it cannot be one. #}
{% macro email_address(column) -%}
    case
        when
            trim({{ column }}) like '%_@_%._%'
            and trim({{ column }}) not like '%@%@%'
            and trim({{ column }}) not like '% %'
            then lower(trim({{ column }}))
    end
{%- endmacro %}
