{{ config(enabled='mercado_livre' in var('sources')) }}

with orders as (

    select
        *,
        -- a person moves: the latest sale counts
        row_number() over (
            partition by customer_id
            order by sold_at desc, {{ bytewise('order_number') }} desc
        ) as recency,
        min(cast(sold_at as date)) over (
            partition by customer_id
        ) as first_sold_on
    from {{ ref('base_mercado_livre__orders') }}
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
        country,
        cast(null as {{ dbt.type_string() }}) as acquisition_channel,

        -- dates
        first_sold_on as signed_up_on

    from orders
    where recency = 1

)

select * from final
