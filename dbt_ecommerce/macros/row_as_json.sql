{# The whole row of a relation or CTE as one column, to take along until it is known whether it is set aside. #}
{% macro whole_row(alias) -%}
    {{ return(adapter.dispatch('whole_row')(alias)) }}
{%- endmacro %}

{% macro default__whole_row(alias) -%}
    {{ alias }}
{%- endmacro %}

{% macro spark__whole_row(alias) -%}
    struct({{ alias }}.*)
{%- endmacro %}

{# The whole row of a relation, a CTE or of whole_row() as JSON text, to keep what was set aside. #}
{% macro row_as_json(alias) -%}
    {{ return(adapter.dispatch('row_as_json')(alias)) }}
{%- endmacro %}

{% macro default__row_as_json(alias) -%}
    cast(to_json({{ alias }}) as {{ dbt.type_string() }})
{%- endmacro %}

{% macro spark__row_as_json(alias) -%}
    to_json(struct({{ alias }}.*), map('ignoreNullFields', 'false'))
{%- endmacro %}
