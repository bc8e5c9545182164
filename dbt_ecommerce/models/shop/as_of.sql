{#-
    The DAG tells the date in the environment: with another one of `vars` dbt
    would parse the whole project anew. max() makes it one row in both cases.
-#}
{%- set as_of_date = env_var('AS_OF_DATE', var('as_of_date')) -%}
{%- set as_of_on = (
    dbt.dateadd('day', 1, 'max(ordered_on)')
    if as_of_date == 'latest'
    else "max(cast('" ~ as_of_date ~ "' as date))"
) -%}

with orders as (

    select * from {{ ref('int_orders_unioned') }}

),

as_of as (

    select cast({{ as_of_on }} as date) as as_of_on
    from orders

)

select * from as_of
