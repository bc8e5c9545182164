{#
    Models that are brought up to date by what changed, instead of being made anew.

    int_order_changes notes which orders, customers and products changed, in numbered changes. A model that
    is kept up to date removes the rows whose key changed since it was built and computes them again:

        {{ kept_up_to_date('order_key') }}
        select … from {{ ref('orders') }} where {{ only_changed('order_key') }}

    ops.kept_models holds what each of them was built from. One whose SQL is another one by now, or that
    reads one that was made anew, is made anew too, so that nobody has to think of --full-refresh.
    What such a model reads beside others that are kept must not change, or be noted in int_order_changes.

    It is for Postgres; on Spark they are tables like all others.
#}
{% macro kept_up_to_date(key=none) -%}
    {{ config(
        materialized='incremental' if target.type == 'postgres' else 'table',
        incremental_strategy='changed_rows' if target.type == 'postgres' else none,
        on_schema_change='fail',
        unique_key=key,
        post_hook='{{ note_kept_model() }}',
    ) }}
{%- endmacro %}

{#
    A condition, on a column that int_order_changes has too: always true, but where a model is
    brought up to date, see with_changes_only.
#}
{% macro only_changed(key) -%}
    {%- if model.resource_type != 'unit_test' -%}
        {%- set read_where_it_is_true = ref('int_order_changes') -%}
    {%- endif -%}
    true /* or where {{ key }} changed */
{%- endmacro %}

{#
    The query of a model, of what changed only. The condition is put in here and not when the
    model is compiled: what is compiled stays the same, and tells whether a model is another one.
#}
{% macro with_changes_only(sql) -%}
    {%- if model.resource_type != 'model' or ' changed */' not in sql -%}
        {{ return(sql) }}
    {%- endif -%}
    {%- set condition -%}
        \1 in (
            select \2 from {{ ref('int_order_changes') }}
            where change_number > (
                select change_number from ops.kept_models where model_name = '{{ model.name }}'
            )
        )
    {%- endset -%}
    {{- modules.re.sub(
        'true /\* or where ((?:\w+\.)?(\w+)) changed \*/', condition, sql
    ) -}}
{%- endmacro %}

{% macro get_incremental_changed_rows_sql(arg_dict) -%}
    {%- set columns = get_quoted_csv(arg_dict.dest_columns | map(attribute='name')) -%}
    {%- set key = arg_dict.unique_key -%}
    {%- if key %}
        delete from {{ arg_dict.target_relation }}
        where {{ with_changes_only('true /* or where ' ~ key ~ ' changed */') }};
    {%- endif %}
    insert into {{ arg_dict.target_relation }} ({{ columns }})
    select {{ columns }} from {{ arg_dict.temp_relation }}
    {%- if not key %};
    -- what all have seen is of no use any more
    delete from {{ arg_dict.target_relation }}
    where change_number <= (select min(change_number) from ops.kept_models)
    {%- endif %}
{%- endmacro %}

{% macro should_full_refresh() -%}
    {%- if dbt.should_full_refresh() or model.config.get('incremental_strategy') != 'changed_rows' -%}
        {{ return(dbt.should_full_refresh()) }}
    {%- endif -%}
    {%- set as_it_was -%}
        select 1
        from ops.kept_models
        where
            model_name = '{{ model.name }}'
            and code = '{{ code_of_model() }}'
            and parents = ({{ kept_parents('made_in') }})
    {%- endset -%}
    {{ return(run_query(as_it_was).rows | length == 0) }}
{%- endmacro %}

{# What the next run compares with; a model that was made anew has no row here, see create_table_as. #}
{% macro note_kept_model() -%}
    {%- if execute and target.type == 'postgres' -%}
        insert into ops.kept_models
        select
            '{{ model.name }}' as model_name,
            '{{ code_of_model() }}' as code,
            '{{ invocation_id }}' as made_in,
            ({{ kept_parents('made_in') }}) as parents,
            {%- if model.name == 'int_order_changes' %}
            (select coalesce(max(change_number), 0) from {{ this }}) as change_number
            {%- else %}
            ({{ kept_parents('change_number') }}) as change_number
            {%- endif %}
        on conflict (model_name) do update
        set change_number = greatest(kept_models.change_number, excluded.change_number)
    {%- endif -%}
{%- endmacro %}

{# int_order_changes compiles to something else as long as there is nothing to compare with. #}
{% macro code_of_model() -%}
    {%- set code = model.raw_code if model.name == 'int_order_changes' else model.compiled_code -%}
    {{- local_md5(code ~ tojson(model.columns, sort_keys=true)) -}}
{%- endmacro %}

{# Of those that a model reads and that are kept, too: in which runs they were made, or how far all are. #}
{% macro kept_parents(column) -%}
    {%- set names = [] -%}
    {%- for id in model.depends_on.nodes
        if graph.nodes.get(id, {}).get('config', {}).get('incremental_strategy') == 'changed_rows' -%}
        {%- do names.append("'" ~ graph.nodes[id].name ~ "'") -%}
    {%- endfor -%}
    select
        {%- if column == 'made_in' %}
        coalesce(string_agg(made_in, ' ' order by model_name), '')
        {%- else %}
        min(change_number)
        {%- endif %}
    from ops.kept_models
    where model_name in ({{ names | join(', ') or 'null' }})
{%- endmacro %}

{# The number of what changes in this run. #}
{% macro next_change_number() -%}
    {%- if target.type == 'postgres' -%}
        (
            select cast(coalesce(max(change_number), 0) + 1 as integer)
            from ops.kept_models
            where model_name = 'int_order_changes'
        )
    {%- else -%}
        1
    {%- endif -%}
{%- endmacro %}

{% macro kept_models_ddl() -%}
    create table if not exists ops.kept_models (
        model_name text not null primary key,
        code text not null,
        made_in text not null,
        parents text not null,
        change_number integer not null
    )
{%- endmacro %}
