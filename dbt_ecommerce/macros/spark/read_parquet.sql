{#
    Tables on Spark from Parquet files, for `dbt run-operation read_parquet --target spark`:
    `files` has the path of a file or folder for each table, which is replaced.
#}
{% macro read_parquet(files) -%}
    {%- for table, path in files.items() -%}
        {%- do run_query('create schema if not exists ' ~ table.split('.')[0]) -%}
        {%- do run_query('drop table if exists ' ~ table) -%}
        {%- do run_query(
            'create table ' ~ table ~ ' using parquet as select * from parquet.`' ~ path ~ '`'
        ) -%}
    {%- endfor -%}
{%- endmacro %}
