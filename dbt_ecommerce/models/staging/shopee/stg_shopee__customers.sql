{{ config(enabled='shopee' in var('sources')) }}

with orders as (

    select
        *,
        -- a person moves: the latest order counts
        row_number() over (
            partition by customer_id
            order by ordered_at desc, {{ bytewise('order_id') }} desc
        ) as recency,
        min(cast(ordered_at as date)) over (
            partition by customer_id
        ) as first_ordered_on
    from {{ ref('base_shopee__orders') }}
    where customer_id is not null

),

final as (

    select
        -- ids
        customer_id,

        -- strings
        cast(null as {{ dbt.type_string() }}) as customer_name,
        cast(null as {{ dbt.type_string() }}) as email,
        city,
        state,
        'BR' as country,
        cast(null as {{ dbt.type_string() }}) as acquisition_channel,

        -- dates
        first_ordered_on as signed_up_on

    from orders
    where recency = 1

)

select * from final
