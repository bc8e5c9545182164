{#
    Tables under a contract get their primary key once they are full, where dbt declares
    it before the first row: an index of hashes that is sorted once costs a tenth of one that
    grows row by row, which was half of the time of a large table.
#}
{% macro postgres__create_table_as(temporary, relation, sql) -%}
    {%- if temporary or not config.get('contract').enforced -%}
        {{ dbt.postgres__create_table_as(temporary, relation, sql) }}
    {%- else -%}
        {%- set columns = {} -%}
        {%- set keys = [] -%}
        {%- for name, column in model['columns'].items() -%}
            {%- set others = [] -%}
            {%- for constraint in column['constraints'] -%}
                {%- if constraint['type'] == 'primary_key' -%}
                    {%- do keys.append(dict(constraint, columns=[name])) -%}
                {%- else -%}
                    {%- do others.append(constraint) -%}
                {%- endif -%}
            {%- endfor -%}
            {%- do columns.update({name: dict(column, constraints=others)}) -%}
        {%- endfor -%}
        {%- set others = [] -%}
        {%- for constraint in model['constraints'] -%}
            {%- do (keys if constraint['type'] == 'primary_key' else others).append(constraint) -%}
        {%- endfor -%}

        {{ get_assert_columns_equivalent(sql) }}
        create table {{ relation }} (
            {{ (
                adapter.render_raw_columns_constraints(raw_columns=columns)
                + adapter.render_raw_model_constraints(raw_constraints=others)
            ) | join(',\n            ') }}
        );
        insert into {{ relation }} (
            {{ adapter.dispatch('get_column_names', 'dbt')() }}
        ) ({{ get_select_subquery(sql) }});
        {% for key in adapter.render_raw_model_constraints(raw_constraints=keys) -%}
            alter table {{ relation }} add {{ key }};
        {% endfor -%}
    {%- endif -%}
{%- endmacro %}
