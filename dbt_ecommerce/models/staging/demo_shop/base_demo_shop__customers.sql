{{ config(enabled='demo_shop' in var('sources')) }}

with source as (

    select * from {{ ref('raw_customers') }}

),

cleaned as (

    select
        -- ids
        customer_id,

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

with_survivor as (

    select
        *,
        -- the same e-mail is the same person; the oldest record survives
        first_value(customer_id) over (
            partition by coalesce(email, customer_id)
            order by created_at asc nulls last, customer_id asc
        ) as surviving_customer_id
    from cleaned

)

select * from with_survivor
