with customers as (

    select * from {{ ref('int_customers') }}

),

final as (

    select
        -- ids
        customer_key,
        {{ geography_key() }} as geography_key,
        source_name,
        customer_id,

        -- strings
        customer_name,
        email,
        city,
        state,
        country,
        acquisition_channel,

        -- dates
        signed_up_on

    from customers

)

select * from final
