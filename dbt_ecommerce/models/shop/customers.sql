with listed as (

    {{ union_sources('customers', [
        'customer_id',
        'customer_name',
        'email',
        'city',
        'state',
        'country',
        'acquisition_channel',
        'signed_up_on',
    ]) }}

),

orders as (

    select * from {{ ref('orders') }}

),

-- a customer that only orders know is a customer all the same
known_by_orders_only as (

    select
        orders.source_name,
        orders.customer_id,
        min(orders.ordered_on) as signed_up_on
    from orders
    left join listed
        on
            orders.source_name = listed.source_name
            and orders.customer_id = listed.customer_id
    where orders.customer_id is not null and listed.customer_id is null
    group by orders.source_name, orders.customer_id

),

customers as (

    select
        source_name,
        customer_id,
        customer_name,
        email,
        city,
        state,
        country,
        acquisition_channel,
        signed_up_on
    from listed

    union all

    select
        source_name,
        customer_id,
        cast(null as {{ dbt.type_string() }}) as customer_name,
        cast(null as {{ dbt.type_string() }}) as email,
        cast(null as {{ dbt.type_string() }}) as city,
        cast(null as {{ dbt.type_string() }}) as state,
        cast(null as {{ dbt.type_string() }}) as country,
        cast(null as {{ dbt.type_string() }}) as acquisition_channel,
        signed_up_on
    from known_by_orders_only

),

keyed as (

    select
        -- ids
        {{ surrogate_key('source_name', 'customer_id') }} as customer_key,
        source_name,
        customer_id,

        -- strings
        customer_name,
        email,
        -- a place is known by them, and a file may hold '' for nothing
        {%- for part in ['city', 'state', 'country'] %}
        nullif(trim({{ part }}), '') as {{ part }},
        {%- endfor %}
        acquisition_channel,

        -- dates
        signed_up_on

    from customers

)

select * from keyed
