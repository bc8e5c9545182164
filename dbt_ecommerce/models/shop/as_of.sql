with orders as (

    select * from {{ ref('int_orders_unioned') }}

),

as_of as (

    select
        {% if var('as_of_date') == 'latest' -%}
        cast(
            {{ dbt.dateadd('day', 1, 'max(ordered_on)') }} as date
        ) as as_of_on
        {%- else -%}
        -- max() keeps it one row
        max(cast('{{ var("as_of_date") }}' as date)) as as_of_on
        {%- endif %}
    from orders

)

select * from as_of
