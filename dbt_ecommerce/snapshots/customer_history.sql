{% snapshot customer_history %}

{{ config(
    schema='marts',
    unique_key='customer_key',
    strategy='check',
    check_cols=[
        'customer_name',
        'email',
        'city',
        'state',
        'country',
        'acquisition_channel',
    ],
    updated_at='as_of_at',
    hard_deletes='ignore',
    post_hook='delete from {{ this }} where dbt_valid_to = dbt_valid_from'
) }}

{#- a second run for the same date replaces what the first one saw: post_hook -#}
{%- set history = load_relation(this) %}

select
    -- ids
    customers.customer_key,
    customers.source_name,
    customers.customer_id,

    -- strings
    customers.customer_name,
    customers.email,
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
        max(dbt_valid_from) as last_run_at
    from {{ history }}
    group by source_name
) as history on customers.source_name = history.source_name
-- a run for an earlier date adds nothing to what is known already
where as_of.as_of_on >= coalesce(history.last_run_at, as_of.as_of_on)
{%- endif %}

{% endsnapshot %}
