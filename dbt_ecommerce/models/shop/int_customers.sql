{{ config(materialized='view') }}

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

    select * from {{ ref('int_orders') }}

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

-- a file may hold '' or a blank for nothing
trimmed as (

    select
        source_name,
        customer_id,
        {%- for column in [
            'customer_name',
            'email',
            'city',
            'state',
            'country',
            'acquisition_channel',
        ] %}
        nullif(trim({{ column }}), '') as {{ column }},
        {%- endfor %}
        signed_up_on
    from customers

),

-- Instagram and instagram are one channel, in the spelling of most
spellings as (

    select
        source_name,
        lower(acquisition_channel) as channel_key,
        acquisition_channel,
        row_number() over (
            partition by source_name, lower(acquisition_channel)
            order by count(*) desc, {{ bytewise('acquisition_channel') }} asc
        ) as popularity
    from trimmed
    where acquisition_channel is not null
    group by source_name, acquisition_channel

),

final as (

    select
        -- ids
        {{ surrogate_key('trimmed.source_name', 'trimmed.customer_id') }}
            as customer_key,
        trimmed.source_name,
        trimmed.customer_id,

        -- strings
        trimmed.customer_name,
        trimmed.email,
        trimmed.city,
        trimmed.state,
        trimmed.country,
        spellings.acquisition_channel,

        -- dates
        trimmed.signed_up_on

    from trimmed
    left join spellings
        on
            trimmed.source_name = spellings.source_name
            and lower(trimmed.acquisition_channel) = spellings.channel_key
            and spellings.popularity = 1

)

select * from final
