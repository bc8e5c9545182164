{#
    Tables from Parquet files where load_files.py does not load them, for `dbt run-operation read_parquet --target spark`
    or `duckdb`: `files` has the path of a file or folder for each table, which is replaced.
#}
{% macro read_parquet(files) -%}
    {%- for table, path in files.items() -%}
        {%- do run_query('create schema if not exists ' ~ table.split('.')[0]) -%}
        {%- do run_query('drop table if exists ' ~ table) -%}
        {%- do run_query(table_of_parquet(table, path)) -%}
    {%- endfor -%}
{%- endmacro %}

{% macro table_of_parquet(table, path) -%}
    {{ return(adapter.dispatch('table_of_parquet')(table, path)) }}
{%- endmacro %}

{% macro default__table_of_parquet(table, path) -%}
    create table {{ table }} using parquet as select * from parquet.`{{ path }}`
{%- endmacro %}

{% macro duckdb__table_of_parquet(table, path) -%}
    create table {{ table }} as
    select * from read_parquet('{{ path if path.endswith('.parquet') else path ~ '/*.parquet' }}')
{%- endmacro %}
