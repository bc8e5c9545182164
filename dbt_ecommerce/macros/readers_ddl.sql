{#
    What the roles that read may see. Beside dbt, include/warehouse/reader.py reads this file when it makes a role,
    and tells it itself what schema_prefix() is.
#}

{#
    The schemas and, in ops, what tells how the runs went: never keys and tokens, nor which chats there are and
    who is in them. A right that is there is not given again; two that give one at once wait for each other, as those
    who make schemas do.
#}
{% macro let_readers_in_ddl(readers) -%}
    {%- set ops = schema_prefix() ~ 'ops' -%}
    do $readers$
    declare
        missing record;
    begin
        for missing in
            select format('grant usage on schema %I to %I', nspname, rolname) as command
            from pg_namespace
            cross join pg_roles
            where
                nspname in ('{{ schema_prefix() }}shop', '{{ schema_prefix() }}marts', '{{ schema_prefix() }}ops')
                and rolname in ('{{ readers | join("', '") }}')
                and not has_schema_privilege(pg_roles.oid, pg_namespace.oid, 'usage')
            union all
            select
                format(
                    'grant select (%s) on %s to %I',
                    string_agg(quote_ident(attname), ', '), attrelid::regclass, rolname
                )
            from pg_attribute
            cross join pg_roles
            where
                attrelid in (
                    to_regclass('{{ ops }}.churn_model_parameters'),
                    to_regclass('{{ ops }}.contacts'),
                    to_regclass('{{ ops }}.customer_history_runs'),
                    to_regclass('{{ ops }}.data_tests'),
                    to_regclass('{{ ops }}.loaded_files'),
                    to_regclass('{{ ops }}.loads'),
                    to_regclass('{{ ops }}.prediction_deciles'),
                    to_regclass('{{ ops }}.report_deliveries'),
                    to_regclass('{{ ops }}.told_customers'),
                    to_regclass('{{ ops }}.unread_files')
                )
                and attnum > 0
                and not attisdropped
                and attname not in ('chat', 'message_id', 'noted_by', 'tap')
                and rolname in ('{{ readers | join("', '") }}')
                and not has_column_privilege(pg_roles.oid, attrelid, attnum, 'select')
            group by attrelid, rolname
        loop
            perform pg_advisory_xact_lock(hashtext('{{ schema_prefix() }}schemas'));
            execute missing.command;
        end loop;
    end
    $readers$
{%- endmacro %}

{# One table of shop or marts, within a block: what is not described is not shown. #}
{% macro let_reader_see_ddl(reader, relation, columns) -%}
    if exists (select from pg_roles where rolname = '{{ reader }}') then
        -- what somebody gave to the whole table would show every column
        revoke all on {{ relation }} from {{ reader }};
        {%- if columns %}
        grant select ({{ columns | join(', ') }}) on {{ relation }} to {{ reader }};
        {%- endif %}
    end if;
{%- endmacro %}
