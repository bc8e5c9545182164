{{ config(enabled='olist' in var('sources')) }}

with customers as (

    select * from {{ source('olist', 'olist__olist_customers_dataset') }}

),

orders as (

    select * from {{ ref('base_olist__orders') }}
    where rejected_because is null

),

-- a person appears once an order: the latest address counts
appearances as (

    select
        customers.customer_unique_id,
        customers.customer_city,
        customers.customer_state,
        cast(min(orders.purchased_at) over (
            partition by customers.customer_unique_id
        ) as date) as signed_up_on,
        row_number() over (
            partition by customers.customer_unique_id
            order by
                case when orders.purchased_at is null then 1 else 0 end asc,
                orders.purchased_at desc,
                customers.customer_id asc
        ) as recency
    from customers
    left join orders on customers.customer_id = orders.customer_id

),

final as (

    select
        -- ids
        customer_unique_id as customer_id,

        -- strings
        cast(null as {{ dbt.type_string() }}) as customer_name,
        cast(null as {{ dbt.type_string() }}) as email,
        customer_city as city,
        customer_state as state,
        'BR' as country,
        cast(null as {{ dbt.type_string() }}) as acquisition_channel,

        -- dates
        signed_up_on

    from appearances
    where recency = 1 and customer_unique_id is not null

)

select * from final
