{#
    ops.customer_history_runs: for each source the latest as-of date that customer_history was brought up
    to. Its rows only tell when something changed last, and a run that finds nothing new writes none.
#}
{% macro customer_history_runs_ddl() -%}
    create table if not exists {{ ops('customer_history_runs') }} (
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
        delete from {{ ops('customer_history_runs') }}
    {%- endif -%}
{%- endmacro %}

{% macro note_customer_history_run() -%}
    {%- if execute -%}
        insert into {{ ops('customer_history_runs') }}
        select distinct
            customers.source_name,
            as_of.as_of_on
        from {{ ref('dim_customers') }} as customers
        cross join {{ ref('as_of') }} as as_of
        on conflict (source_name) do update
        set as_of_on = greatest(customer_history_runs.as_of_on, excluded.as_of_on)
    {%- endif -%}
{%- endmacro %}

{# Histories that earlier versions began had columns for names and e-mail addresses. #}
{% macro forget_names_in_customer_history() -%}
    {%- if execute and load_relation(this) -%}
        alter table {{ this }}
        drop column if exists customer_name,
        drop column if exists email
    {%- endif -%}
{%- endmacro %}

{# Keys of earlier versions were the hash's digits, as text. #}
{% macro shorten_keys_of_customer_history() -%}
    {%- set history = load_relation(this) if execute -%}
    {%- set columns = adapter.get_columns_in_relation(history) if history else [] -%}
    {%- for column in columns if column.name == 'customer_key' and column.data_type == 'text' -%}
        alter table {{ this }}
        alter column customer_key type uuid using cast(customer_key as uuid)
    {%- endfor -%}
{%- endmacro %}

{# Who is no longer among a shop's customers: what was known of them ends with this run. #}
{% macro close_history_of_who_is_gone() -%}
    {%- if execute -%}
        update {{ this }} as history
        set dbt_valid_to = as_of.as_of_on
        from {{ ref('as_of') }} as as_of
        where
            history.dbt_valid_to is null
            and history.source_name in ({{ active_sources() }})
            and not exists (
                select 1 from {{ ref('dim_customers') }} as customers
                where customers.customer_key = history.customer_key
            )
            and as_of.as_of_on >= (
                select coalesce(max(runs.as_of_on), as_of.as_of_on)
                from {{ ops('customer_history_runs') }} as runs
                where runs.source_name = history.source_name
            )
            and as_of.as_of_on >= history.dbt_valid_from
    {%- endif -%}
{%- endmacro %}

{#
    A shop that is not among the sources of a run has no present in it: its history ends on the day after its
    own last run, a day that no run of it has ended anything on, and is opened where the shop is back.
#}
{% macro close_history_of_other_shops() -%}
    {%- if execute -%}
        update {{ this }} as history
        set dbt_valid_to = last_runs.day_after
        from {{ last_runs_of_shops() }} as last_runs
        where
            history.source_name = last_runs.source_name
            and history.dbt_valid_to is null
            and history.source_name not in ({{ active_sources() }})
    {%- endif -%}
{%- endmacro %}

{% macro open_customer_history() -%}
    {%- if execute and load_relation(this) -%}
        update {{ this }} as history
        set dbt_valid_to = null
        from {{ last_runs_of_shops() }} as last_runs
        where
            history.source_name = last_runs.source_name
            and history.dbt_valid_to = last_runs.day_after
            and history.source_name in ({{ active_sources() }})
    {%- endif -%}
{%- endmacro %}

{% macro last_runs_of_shops() -%}
    (
        select
            known.source_name,
            cast(greatest(max(runs.as_of_on), max(cast(known.dbt_valid_from as date))) + 1 as timestamp) as day_after
        from {{ this }} as known
        left join {{ ops('customer_history_runs') }} as runs on known.source_name = runs.source_name
        group by known.source_name
    )
{%- endmacro %}

{% macro active_sources() -%}
    '{{ var("sources") | join("', '") }}'
{%- endmacro %}
