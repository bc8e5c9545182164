{#
    Sales of the seven days before the as-of date and of the seven before these, one row a
    `key` with a sale in either. `sales` has key, order_key, quantity, revenue and ordered_on,
    `as_of` the as-of date.
#}
{% macro sales_last_7_days(sales, as_of, key) -%}

with dated as (

    select
        {{ sales }}.*,
        {{ dbt.datediff(
            sales ~ '.ordered_on', as_of ~ '.as_of_on', 'day'
        ) }} <= 7 as is_recent
    from {{ sales }}
    cross join {{ as_of }}
    where
        {{ sales }}.{{ key }} is not null
        and {{ dbt.datediff(
            sales ~ '.ordered_on', as_of ~ '.as_of_on', 'day'
        ) }} between 1 and 14

),

summed as (

    select
        {{ key }},
        {%- for suffix, is_it in {
            '': 'is_recent', '_before': 'not is_recent'
        }.items() %}
        count(distinct case when {{ is_it }} then order_key end)
            as orders{{ suffix }},
        coalesce(sum(case when {{ is_it }} then quantity end), 0)
            as quantity{{ suffix }},
        coalesce(sum(case when {{ is_it }} then revenue end), 0)
            as revenue{{ suffix }}
        {%- if not loop.last %},{% endif %}
        {%- endfor %}
    from dated
    group by {{ key }}

)

select
    {{ key }},
    cast(orders as integer) as orders,
    cast(orders_before as integer) as orders_before,
    cast(quantity as numeric(18, 4)) as quantity,
    cast(quantity_before as numeric(18, 4)) as quantity_before,
    cast(revenue as numeric(18, 2)) as revenue,
    cast(revenue_before as numeric(18, 2)) as revenue_before,
    cast(revenue - revenue_before as numeric(18, 2)) as revenue_change
from summed

{%- endmacro %}
