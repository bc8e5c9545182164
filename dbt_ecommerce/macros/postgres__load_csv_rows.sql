{#
    Loading of seeds in place of dbt's own: whole columns are bound at once, where dbt binds
    each value by itself, which takes tens of times as long.
#}
{% macro postgres__load_csv_rows(model, agate_table) -%}
    {%- set types = model['config'].get('column_types', {}) -%}
    {%- set arrays, columns = [], [] -%}
    {%- for name in types if name not in agate_table.column_names -%}
        {#- where a spreadsheet writes semicolons, all columns are one -#}
        {%- do exceptions.raise_compiler_error(
            model.name ~ '.csv has no column ' ~ name ~ ' (it has '
            ~ agate_table.column_names | join(', ') ~ '): name it in the header row, and separate'
            ~ ' columns by commas.'
        ) -%}
    {%- endfor -%}
    {%- for name in agate_table.column_names -%}
        {%- set inferred = adapter.convert_type(agate_table, loop.index0) -%}
        {%- do arrays.append('cast(%s as ' ~ types.get(name, inferred) ~ '[])') -%}
        {#- once: agate collects a column's values from all rows every time -#}
        {%- do columns.append(agate_table.columns[name].values()) -%}
        {%- do refuse_unreadable(model, name, columns[-1], agate_table.column_names | length) -%}
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

{#
    A quotation mark that is never closed makes one value of all rows behind it, without a word; and
    a text of Postgres holds no character NUL.
#}
{% macro refuse_unreadable(model, column, values, width) -%}
    {%- for value in values -%}
        {%- if value is string and (
            '\0' in value or ('\n' in value and value.count(',') >= width - 1)
        ) -%}
            {%- set reason = 'a character NUL' if '\0' in value
                else 'whole rows: a quotation mark (") is opened there and never closed' -%}
            {{ exceptions.raise_compiler_error(
                'Column ' ~ column ~ ' of ' ~ model.name ~ '.csv holds in row '
                ~ (loop.index + 1) ~ ' ' ~ reason ~ '.'
            ) }}
        {%- endif -%}
    {%- endfor -%}
{%- endmacro %}
