{#
    The tables of ops that models and hooks expect to be there, and that of what people type; what is in them
    stays. What is changed in place is Postgres' only: Spark's tables cannot be.
#}
{% macro create_ops_tables() -%}
    {%- if execute and flags.WHICH in ('build', 'run', 'seed', 'snapshot', 'test') -%}
        {%- set tables = [
            churn_model_parameters_ddl(), prediction_deciles_ddl(), told_customers_ddl(), contacts_ddl()
        ] -%}
        {%- if target.type != 'spark' -%}
            {%- do tables.append(data_tests_ddl()) -%}
        {%- endif -%}
        {%- if target.type == 'postgres' -%}
            {%- do tables.append(customer_history_runs_ddl()) -%}
        {%- endif -%}
        {%- if target.type != 'postgres' -%}
            {%- do run_query('create schema if not exists ' ~ schema_prefix() ~ 'ops') -%}
        {%- else -%}
            {%- set schemas = ['ops'] -%}
            {%- if 'sales_form' in var('sources') -%}
                {%- do schemas.append('landing') -%}
                {%- do tables.append(sales_form_entries_ddl()) -%}
            {%- endif -%}
            {%- for schema in schemas if not adapter.check_schema_exists(target.database, schema_prefix() ~ schema) -%}
                {%- do adapter.create_schema(api.Relation.create(target.database, schema_prefix() ~ schema)) -%}
            {%- endfor -%}
        {%- endif -%}
        {%- for table in tables -%}
            {%- do run_query(table) -%}
        {%- endfor -%}
    {%- endif -%}
{%- endmacro %}
