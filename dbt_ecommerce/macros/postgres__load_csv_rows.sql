{#
    Loading of seeds in place of dbt's own: whole columns are bound at once, where dbt binds
    each value by itself, which takes tens of times as long.
#}
{% macro postgres__load_csv_rows(model, agate_table) -%}
    {%- set types = model['config'].get('column_types', {}) -%}
    {%- set arrays, columns = [], [] -%}
    {%- for name in agate_table.column_names -%}
        {%- set inferred = adapter.convert_type(agate_table, loop.index0) -%}
        {%- do arrays.append('cast(%s as ' ~ types.get(name, inferred) ~ '[])') -%}
        {#- once: agate collects a column's values from all rows every time -#}
        {%- do columns.append(agate_table.columns[name].values()) -%}
    {%- endfor -%}
    {%- set insert -%}
        insert into {{ this.render() }} (
            {{ get_seed_column_quoted_csv(model, agate_table.column_names) }}
        )
        select * from unnest({{ arrays | join(', ') }})
    {%- endset -%}

    {#- bounds the memory of one statement -#}
    {%- set rows_a_statement = 20000 -%}
    {%- for first in range(0, agate_table.rows | length, rows_a_statement) -%}
        {%- set bindings = [] -%}
        {%- for values in columns -%}
            {%- do bindings.append(values[first:first + rows_a_statement] | list) -%}
        {%- endfor -%}
        {%- do adapter.add_query(insert, bindings=bindings, abridge_sql_log=True) -%}
    {%- endfor -%}
    {{ return(insert) }}
{%- endmacro %}
