{#
    Lets the role that WAREHOUSE_READER names, if it does, into the schemas of what is public. `+grants` of
    dbt_project.yml gives it each table there, but knows no schemas.
#}
{% macro let_the_reader_in() -%}
    {%- set reader = env_var('WAREHOUSE_READER', '') -%}
    {%- if execute and reader and target.type == 'postgres' and flags.WHICH in ('build', 'run', 'snapshot') -%}
        {%- if not modules.re.fullmatch('[a-z_][a-z0-9_]*', reader) -%}
            {%- do exceptions.raise_compiler_error(
                'WAREHOUSE_READER=' ~ reader ~ ' is not the name of a role: give one of small letters, digits and _.'
            ) -%}
        {%- elif run_query("select 1 from pg_roles where rolname = '" ~ reader ~ "'").rows | length == 0 -%}
            {%- do exceptions.raise_compiler_error(
                'There is no role ' ~ reader ~ ', which WAREHOUSE_READER names: make it (create role ' ~ reader
                ~ ' login), or take the variable away.'
            ) -%}
        {%- endif -%}
        {%- set public = graph.nodes.values() | selectattr('access', 'defined') | selectattr('access', 'eq', 'public') -%}
        {%- for schema in public | map(attribute='schema') | unique if adapter.check_schema_exists(target.database, schema) -%}
            {%- do run_query('grant usage on schema ' ~ schema ~ ' to ' ~ reader) -%}
        {%- endfor -%}
    {%- endif -%}
{%- endmacro %}
