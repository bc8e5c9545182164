{#
    Rows of a relation that are new, gone or other ones since the model `built` was built from it: the
    `told` columns as they are and as they were. None where `built` is not there yet.
    `key` names a row; all columns of the relation are compared, `built` has them too. With `aside`, columns
    that are read from `built` only as they are, `concerns_others` says whether any other column changed.
#}
{% macro changed_rows(now, built, key, told, aside=[]) -%}
    {%- set columns = adapter.get_columns_in_relation(now) | map(attribute='name') | list if execute else [] -%}
    {%- set before = as_built(built, columns) -%}
    {%- if not before %}
    select
        {%- if aside %}
        false as concerns_others,
        {%- endif %}
        {{ told | join(', ') }}
    from {{ now }}
    where 1 = 0
    {%- else %}
    with compared as (

        select
            {%- for column in told %}
            now.{{ column }},
            before.{{ column }} as {{ column }}_before,
            {%- endfor %}
            {%- if aside %}
            {{ is_another_row(columns | reject('in', aside)) }} as concerns_others,
            {%- endif %}
            now.{{ key[0] }} is not null as is_there,
            before.{{ key[0] }} is not null as was_there
        from {{ now }} as now
        full join {{ before }} as before
            on {% for column in key -%}
                now.{{ column }} = before.{{ column }}
                {%- if not loop.last %} and {% endif %}
            {%- endfor %}
        where {{ is_another_row(columns) }}

    )

    select
        {%- if aside %}
        concerns_others,
        {%- endif %}
        {{ told | join(', ') }}
    from compared
    where is_there

    union

    select
        {%- if aside %}
        concerns_others,
        {%- endif %}
        {%- for column in told %}
        {{ column }}_before as {{ column }}
        {%- if not loop.last %},{% endif %}
        {%- endfor %}
    from compared
    where was_there
    {%- endif %}
{%- endmacro %}

{# Whether one of the columns is another one in `now` than in `before`. #}
{% macro is_another_row(columns) -%}
    {%- for column in columns -%}
        {% if not loop.first %} or {% endif -%}
        now.{{ column }} is distinct from before.{{ column }}
    {%- endfor -%}
{%- endmacro %}

{#
    A model of this schema as the last build left it, for a model that comes before it. None where it is
    not there, or has other columns and is going to be made anew.
#}
{% macro as_built(name, columns) -%}
    {%- if not execute or target.type != 'postgres' -%}
        {{ return(none) }}
    {%- endif -%}
    {%- set relation = adapter.get_relation(this.database, this.schema, name) -%}
    {%- set names = adapter.get_columns_in_relation(relation) | map(attribute='name') | list if relation else [] -%}
    {{ return(relation if columns | reject('in', names) | list == [] else none) }}
{%- endmacro %}
