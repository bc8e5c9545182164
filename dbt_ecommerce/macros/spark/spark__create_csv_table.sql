{#
    Loading of seeds in place of dbt's own, which on Spark writes NULL as 'None' and
    fails at a quotation mark: Spark reads the file itself. What is NULL is what dbt
    takes for it.
#}
{% macro spark__create_csv_table(model, agate_table) -%}
    {%- set types = model['config'].get('column_types', {}) -%}
    {%- set file = model.root_path ~ '/' ~ model.original_file_path -%}
    {%- set view = model.alias ~ '__csv' -%}
    {%- call statement() -%}
        create or replace temporary view {{ view }} using csv options (
            path '{{ file }}', header 'true', multiLine 'true', escape '"'
        )
    {%- endcall -%}
    {%- set create -%}
        create table {{ this.render() }} {{ file_format_clause() }} as
        select
            {%- for name in agate_table.column_names %}
            {%- set type = types.get(name, adapter.convert_type(agate_table, loop.index0)) %}
            cast(
                case when lower(trim({{ name }})) not in ('', 'null') then {{ name }} end
                as {{ spark_type(type) }}
            ) as {{ name }}
            {%- if not loop.last %},{% endif %}
            {%- endfor %}
        from {{ view }}
    {%- endset -%}
    {%- call statement() -%} {{ create }} {%- endcall -%}
    {{ return(create) }}
{%- endmacro %}

{# Nothing is left to do. #}
{% macro spark__load_csv_rows(model, agate_table) -%}
    {{ return('') }}
{%- endmacro %}
