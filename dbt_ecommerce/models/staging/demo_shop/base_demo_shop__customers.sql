{{ config(
    enabled='demo_shop' in var('sources'),
    materialized='table',
) }}

with source as (

    select * from {{ ref('raw_customers') }}

),

cleaned as (

    select
        -- ids
        nullif(trim(customer_id), '') as customer_id,

        -- strings
        nullif(trim(first_name), '') as first_name,
        nullif(trim(last_name), '') as last_name,
        nullif(lower(trim(email)), '') as email,
        city,
        state_code,
        acquisition_channel,

        -- timestamps
        {{ try_cast('created_at', 'timestamp') }} as created_at

    from source

),

-- a record that the export holds twice is one
numbered as (

    select
        *,
        row_number() over (
            partition by customer_id
            order by
                created_at asc nulls last,
                email asc nulls last,
                first_name asc nulls last,
                last_name asc nulls last,
                city asc nulls last,
                state_code asc nulls last,
                acquisition_channel asc nulls last
        ) as occurrence
    from cleaned
    where customer_id is not null

),

final as (

    select
        customer_id,
        first_name,
        last_name,
        email,
        city,
        state_code,
        acquisition_channel,
        created_at,
        -- the same e-mail is the same person; the oldest record survives
        first_value(customer_id) over (
            partition by coalesce(email, customer_id)
            order by created_at asc nulls last, customer_id asc
        ) as surviving_customer_id
    from numbered
    where occurrence = 1

)

select * from final
