{% snapshot customer_history %}

{{ config(
    schema='marts',
    unique_key='customer_key',
    strategy='check',
    check_cols=[
        'city',
        'state',
        'country',
        'acquisition_channel',
    ],
    updated_at='as_of_at',
    hard_deletes='ignore',
    pre_hook=[
        '{{ forget_customer_history_runs() }}',
        '{{ forget_names_in_customer_history() }}',
        '{{ shorten_keys_of_customer_history() }}',
        '{{ open_customer_history() }}',
    ],
    post_hook=[
        '{{ close_history_of_who_is_gone() }}',
        'delete from {{ this }} where dbt_valid_to = dbt_valid_from',
        '{{ note_customer_history_run() }}',
        '{{ close_history_of_other_shops() }}',
    ]
) }}

{#-
    Without name and e-mail: who asks a shop to be forgotten would be remembered
    here. Only what a figure is told by is kept.
-#}
{#- a second run for the same date replaces what the first one saw: post_hook -#}
{%- set history = load_relation(this) %}

select
    -- ids
    customers.customer_key,
    customers.source_name,
    customers.customer_id,

    -- strings
    customers.city,
    customers.state,
    customers.country,
    customers.acquisition_channel,

    -- timestamps: dbt writes its own columns as such
    cast(as_of.as_of_on as timestamp) as as_of_at

from {{ ref('dim_customers') }} as customers
cross join {{ ref('as_of') }} as as_of
{%- if history %}
left join (
    select
        source_name,
        max(as_of_on) as last_run_on
    from (
        select
            source_name,
            as_of_on
        from {{ ops('customer_history_runs') }}
        union all
        -- all that is known of runs that were not noted
        select
            source_name,
            cast(dbt_valid_from as date) as as_of_on
        from {{ history }}
    ) as known
    group by source_name
) as runs on customers.source_name = runs.source_name
-- a run for an earlier date adds nothing to what is known already
where as_of.as_of_on >= coalesce(runs.last_run_on, as_of.as_of_on)
{%- endif %}

{% endsnapshot %}
