{#
    Who builds in the warehouse. Beside dbt, include/warehouse/bookkeeping.py reads this file, and tells it
    itself what ops() is.
#}
{% macro build_turn_ddl() -%}
    create table if not exists {{ ops('build_turn') }} (
        -- a run of Airflow, or `dbt` and the id of its invocation
        holder text not null,
        since timestamptz not null,
        seen_at timestamptz not null,
        -- for how long the turn is kept after the holder was at work
        kept_for interval not null,
        is_over boolean not null,
        is_only boolean primary key default true check (is_only)
    )
{%- endmacro %}
