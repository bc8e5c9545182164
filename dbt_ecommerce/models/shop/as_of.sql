{#-
    The DAG tells the date in the environment: with another one of `vars` dbt
    would parse the whole project anew. A date that is told needs no orders.
-#}
{%- set as_of_date = env_var('AS_OF_DATE', var('as_of_date')) -%}

{% if as_of_date == 'latest' -%}

with orders as (

    select * from {{ ref('int_orders_unioned') }}

)

select cast({{ dbt.dateadd('day', 1, 'max(ordered_on)') }} as date) as as_of_on
from orders

{%- else -%}

select cast('{{ as_of_date }}' as date) as as_of_on

{%- endif %}
