{#
    The roles that read, where they are: people, their BI tools, the pages and the API. One sees what is public
    but for personal columns, the other those as well; scripts/warehouse.py makes them. What either may see is in
    readers_ddl.sql.
#}
{% macro readers() -%}
    {%- set reader = env_var('WAREHOUSE_READER', '') or schema_prefix() ~ 'shop_reader' -%}
    {%- if not modules.re.fullmatch('[a-z_][a-z0-9_]{0,49}', reader) -%}
        {%- do exceptions.raise_compiler_error(
            'WAREHOUSE_READER=' ~ reader ~ ' is not the name of a role: give one of at most 50 small letters,'
            ~ ' digits and _.'
        ) -%}
    {%- endif -%}
    {{ return([reader, reader ~ '_personal']) }}
{%- endmacro %}

{# At the beginning of a run, when schemas and tables of ops are there. #}
{% macro let_readers_in() -%}
    {%- if execute and target.type == 'postgres' and flags.WHICH in ('build', 'run', 'seed', 'snapshot') -%}
        {%- set reader = env_var('WAREHOUSE_READER', '') -%}
        {%- if reader and run_query("select 1 from pg_roles where rolname = '" ~ readers()[0] ~ "'").rows | length == 0 -%}
            {%- do exceptions.raise_compiler_error(
                'There is no role ' ~ reader ~ ', which WAREHOUSE_READER names: make it (scripts/warehouse.py'
                ~ ' reader), or take the variable away.'
            ) -%}
        {%- endif -%}
        {%- do run_query(let_readers_in_ddl(readers())) -%}
    {%- endif -%}
{%- endmacro %}

{#
    After each public model, in the transaction that puts it in its place: nobody is refused a table while others
    are being built. `execute` first, as dbt parses anew where a variable changes that it saw asked for.
#}
{% macro let_readers_see() -%}
    {%- if execute and target.type == 'postgres' and model.access | default('public') == 'public' -%}
        {%- set columns, personal = [], [] -%}
        {%- for column in model.columns.values() -%}
            {%- do (personal if column.meta.personal else columns).append(column.name) -%}
        {%- endfor -%}
        {%- set reader, personal_reader = readers() -%}
        do $readers$
        begin
            {{ let_reader_see_ddl(reader, this, columns) }}
            {{ let_reader_see_ddl(personal_reader, this, columns + personal) }}
        end
        $readers$
    {%- endif -%}
{%- endmacro %}
