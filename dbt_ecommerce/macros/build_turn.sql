{#
    One build at a time in a warehouse, see include/warehouse/turn.py. A task of Airflow is in its run's
    turn already and says so by BUILD_TURN. dbt by hand takes a turn of its own when it begins; each model
    looks whether it still has it, so that whoever takes the next one finds nobody at work.
#}
{% macro takes_a_turn() -%}
    {{ return(
        execute and target.type == 'postgres' and not env_var('BUILD_TURN', '')
        and flags.WHICH in ('build', 'run', 'seed', 'snapshot')
    ) }}
{%- endmacro %}

{% macro take_build_turn() -%}
    {%- if takes_a_turn() -%}
        {%- do run_query(build_turn_ddl()) -%}
        {%- set others -%}
            select holder, to_char(since at time zone 'utc', 'YYYY-MM-DD HH24:MI')
            from {{ ops('build_turn') }}
            where
                holder not like 'dbt %'
                and not (
                    (is_over or seen_at + kept_for < clock_timestamp())
                    and pg_try_advisory_xact_lock(hashtext('{{ schema_prefix() }}build'))
                )
        {%- endset -%}
        {%- for holder, since in run_query(others).rows -%}
            {%- do exceptions.raise_compiler_error(
                holder ~ ' has had the turn to build in the warehouse since ' ~ since
                ~ ' UTC, and at most one builds at a time: run this again when that has ended.'
            ) -%}
        {%- endfor -%}
        {%- set take -%}
            insert into {{ ops('build_turn') }} (holder, since, seen_at, kept_for, is_over)
            values ('dbt {{ invocation_id }}', now(), clock_timestamp(), interval '10 minutes', false)
            on conflict (is_only) do update set
                holder = excluded.holder, since = excluded.since, seen_at = excluded.seen_at,
                kept_for = excluded.kept_for, is_over = false;
            commit;
            -- until the models of another dbt that are being built are there
            set local lock_timeout = '600s';
            select pg_advisory_xact_lock(hashtext('{{ schema_prefix() }}build'));
            commit
        {%- endset -%}
        {%- do run_query(take) -%}
    {%- endif -%}
{%- endmacro %}

{# Before each model, seed and snapshot, in its transaction. #}
{% macro in_build_turn() -%}
    {%- if takes_a_turn() -%}
        {%- set still_has_it -%}
            select pg_advisory_xact_lock_shared(hashtext('{{ schema_prefix() }}build'));
            select 1 from {{ ops('build_turn') }} where holder = 'dbt {{ invocation_id }}'
        {%- endset -%}
        {%- if run_query(still_has_it).rows | length == 0 -%}
            {%- do exceptions.raise_compiler_error(
                'Somebody else began to build in the warehouse, and at most one does at a time: run'
                ~ ' this again when that has ended.'
            ) -%}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}

{% macro end_build_turn() -%}
    {%- if takes_a_turn() -%}
        update {{ ops('build_turn') }} set is_over = true where holder = 'dbt {{ invocation_id }}'
    {%- endif -%}
{%- endmacro %}
