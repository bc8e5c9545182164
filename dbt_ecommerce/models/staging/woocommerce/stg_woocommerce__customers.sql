{{ config(enabled='woocommerce' in var('sources')) }}

with exported as (

    select
        email_key as customer_id,
        {{ squeeze('customer_name') }} as customer_name,
        {{ email_address('email') }} as email,
        nullif(trim(city), '') as city,
        nullif(trim(state), '') as state,
        nullif(trim(country), '') as country,
        {{ try_cast('signed_up_on', 'date') }} as signed_up_on,
        _row as row_no
    from {{ source('woocommerce', 'woocommerce__customers') }}

),

-- a guest who registers later is there twice
numbered as (

    select
        *,
        row_number() over (
            partition by customer_id
            order by signed_up_on asc nulls last, row_no asc
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
        customer_name,
        email,
        city,
        state,
        country,
        row_number() over (
            partition by customer_id
            order by ordered_at desc, {{ bytewise('order_number') }} desc
        ) as recency,
        min(ordered_on) over (partition by customer_id) as first_ordered_on
    from {{ ref('base_woocommerce__orders') }}
    where rejected_because is null and customer_id is not null

),

ordering as (

    select * from orders
    where recency = 1

),

final as (

    select
        -- ids
        coalesce(listed.customer_id, ordering.customer_id) as customer_id,

        -- strings
        coalesce(listed.customer_name, ordering.customer_name)
            as customer_name,
        coalesce(listed.email, ordering.email) as email,
        coalesce(listed.city, ordering.city) as city,
        coalesce(listed.state, ordering.state) as state,
        coalesce(listed.country, ordering.country) as country,
        cast(null as {{ dbt.type_string() }}) as acquisition_channel,

        -- dates
        coalesce(listed.signed_up_on, ordering.first_ordered_on)
            as signed_up_on

    from listed
    full outer join ordering
        on listed.customer_id = ordering.customer_id

)

select * from final
