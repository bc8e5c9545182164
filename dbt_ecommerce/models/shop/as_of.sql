{#-
    The DAG tells the date in the environment: with another one of `vars` dbt
    would parse the whole project anew. Who says a var means it. A date that is
    told needs no orders.
-#}
{%- set as_of_date = var('as_of_date') or env_var('AS_OF_DATE', 'latest') -%}

{% if as_of_date == 'latest' -%}

with orders as (

    select * from {{ ref('int_orders_unioned') }}

),

last_order as (

    {{ last_order_on('orders') | indent(4) }}

)

select cast({{ dbt.dateadd('day', 1, 'last_order_on') }} as date) as as_of_on
from last_order

{%- else -%}

select cast('{{ as_of_date }}' as date) as as_of_on

{%- endif %}
