{#
    Two that make a schema at once would fail, so one waits for the other; the lock is the one of
    include/warehouse/locks.py. A schema that is there needs no right to make it.
#}
{% macro postgres__create_schema(relation) -%}
    {%- set schema = relation.without_identifier().include(database=false) -%}
    {%- set may_create = run_query("select has_database_privilege(current_database(), 'create')") -%}
    {%- if not may_create.rows[0][0] and not adapter.check_schema_exists(relation.database, relation.schema) -%}
        {%- do exceptions.raise_compiler_error(
            'The user ' ~ target.user ~ ' may not make the schema ' ~ relation.schema
            ~ ': docs/your-postgres.md has the rights it needs as SQL.'
        ) -%}
    {%- endif -%}
    {%- call statement('create_schema') -%}
        set local lock_timeout = '600s';
        select pg_advisory_xact_lock(hashtext('{{ schema_prefix() }}schemas'));
        create schema if not exists {{ schema }}
    {%- endcall -%}
{%- endmacro %}
