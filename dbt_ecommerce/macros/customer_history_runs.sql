{#
    ops.customer_history_runs: for each source the latest as-of date that customer_history was brought up
    to. Its rows only tell when something changed last, and a run that finds nothing new writes none.
#}
{% macro customer_history_runs_ddl() -%}
    create table if not exists ops.customer_history_runs (
        source_name text not null primary key,
        as_of_on date not null
    )
{%- endmacro %}

{#
    A history that begins anew knows no runs. This and the next one belong to the snapshot's transaction:
    a run that is stopped half-way leaves neither rows nor a note.
#}
{% macro forget_customer_history_runs() -%}
    {%- if execute and not load_relation(this) -%}
        delete from ops.customer_history_runs
    {%- endif -%}
{%- endmacro %}

{% macro note_customer_history_run() -%}
    {%- if execute -%}
        insert into ops.customer_history_runs
        select distinct
            customers.source_name,
            as_of.as_of_on
        from {{ ref('dim_customers') }} as customers
        cross join {{ ref('as_of') }} as as_of
        on conflict (source_name) do update
        set as_of_on = greatest(customer_history_runs.as_of_on, excluded.as_of_on)
    {%- endif -%}
{%- endmacro %}
