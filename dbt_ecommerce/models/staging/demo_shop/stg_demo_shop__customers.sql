{{ config(enabled='demo_shop' in var('sources')) }}

with customers as (

    select * from {{ ref('base_demo_shop__customers') }}

),

final as (

    select
        -- ids
        customer_id,

        -- strings
        nullif(trim(
            {{ dbt.concat([
                "coalesce(first_name, '')", "' '", "coalesce(last_name, '')"
            ]) }}
        ), '') as customer_name,
        email,
        city,
        state_code as state,
        'BR' as country,
        acquisition_channel,

        -- dates
        cast(
            {{ utc_to_local('created_at', var('shop_time_zone')) }} as date
        ) as signed_up_on

    from customers
    where customer_id = surviving_customer_id

)

select * from final
