{#
    Tables under a contract are created from their query, in the contract's types, where dbt creates
    them empty and inserts: only so may Postgres work on one with several processes. What must hold
    is declared once they are full: an index of hashes that is sorted once costs a tenth of one that
    grows row by row.
#}
{% macro postgres__create_table_as(temporary, relation, sql) -%}
    {%- if temporary or not config.get('contract').enforced -%}
        {{ dbt.postgres__create_table_as(temporary, relation, sql) }}
    {%- else -%}
        {%- set typed = [] -%}
        {%- set constraints = [] -%}
        {%- for name, column in model['columns'].items() -%}
            {%- set quoted = adapter.quote(name) if column.get('quote') else name -%}
            {%- do typed.append('cast(' ~ quoted ~ ' as ' ~ column['data_type'] ~ ') as ' ~ quoted) -%}
            {%- for constraint in column['constraints'] -%}
                {%- if constraint['type'] == 'not_null' -%}
                    {%- do constraints.append('alter column ' ~ quoted ~ ' set not null') -%}
                {%- else -%}
                    {%- do constraints.append(
                        'add ' ~ adapter.render_raw_model_constraints([dict(constraint, columns=[name])])[0]
                    ) -%}
                {%- endif -%}
            {%- endfor -%}
        {%- endfor -%}
        {%- for constraint in adapter.render_raw_model_constraints(model['constraints']) -%}
            {%- do constraints.append('add ' ~ constraint) -%}
        {%- endfor -%}

        {{ get_assert_columns_equivalent(sql) }}
        create table {{ relation }} as
        select
            {{ typed | join(',\n            ') }}
        from (
            {{ sql }}
        ) as model;
        {% if constraints -%}
            alter table {{ relation }}
            {{ constraints | join(',\n            ') }};
        {% endif -%}
    {%- endif -%}
{%- endmacro %}
