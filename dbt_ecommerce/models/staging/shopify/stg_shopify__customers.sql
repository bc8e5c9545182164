{{ config(enabled='shopify' in var('sources')) }}

with exported as (

    select
        coalesce(email_key, phone_key, address_phone_key) as customer_id,
        {{ squeeze(dbt.concat([
            "coalesce(first_name, '')",
            "' '",
            "coalesce(last_name, '')",
        ])) }} as customer_name,
        {{ email_address('email') }} as email,
        nullif(trim(city), '') as city,
        nullif(trim(province_code), '') as state,
        nullif(trim(country_code), '') as country,
        _row as row_no
    from {{ source('shopify', 'shopify__customers') }}

),

-- who is there twice, by one telephone, is as in the first row
numbered as (

    select
        *,
        row_number() over (
            partition by customer_id
            order by row_no asc, email asc nulls last
        ) as occurrence
    from exported
    where customer_id is not null

),

listed as (

    select * from numbered
    where occurrence = 1

),

-- without a row of their own, customers are as in their latest order
orders as (

    select
        customer_id,
        billing_name as customer_name,
        email,
        city,
        state,
        country,
        row_number() over (
            partition by customer_id
            order by ordered_at desc, {{ bytewise('order_name') }} desc
        ) as recency,
        min(ordered_on) over (partition by customer_id) as signed_up_on
    from {{ ref('base_shopify__orders') }}
    where rejected_because is null and customer_id is not null

),

ordering as (

    select * from orders
    where recency = 1

),

-- the API tells no names, which older orders may have
named as (

    select
        customer_id,
        customer_name,
        row_number() over (partition by customer_id order by recency) as latest
    from orders
    where customer_name is not null

),

final as (

    select
        -- ids
        coalesce(listed.customer_id, ordering.customer_id) as customer_id,

        -- strings
        coalesce(listed.customer_name, named.customer_name) as customer_name,
        coalesce(listed.email, ordering.email) as email,
        coalesce(listed.city, ordering.city) as city,
        coalesce(listed.state, ordering.state) as state,
        coalesce(listed.country, ordering.country) as country,
        cast(null as {{ dbt.type_string() }}) as acquisition_channel,

        -- dates
        ordering.signed_up_on

    from listed
    full outer join ordering
        on listed.customer_id = ordering.customer_id
    left join named
        on ordering.customer_id = named.customer_id and named.latest = 1

)

select * from final
