{{ config(enabled='bling' in var('sources')) }}

{%- set text = dbt.type_string() -%}

with orders as (

    select
        *,
        -- a person moves: the latest order counts
        row_number() over (
            partition by customer_id
            order by ordered_on desc, {{ bytewise('order_id') }} desc
        ) as recency,
        min(ordered_on) over (partition by customer_id) as first_ordered_on
    from {{ ref('base_bling__orders') }}
    where customer_id is not null and rejected_because is null

),

final as (

    select
        -- ids
        customer_id,

        -- strings
        customer_name,
        cast(null as {{ text }}) as email,
        city,
        state,
        country,
        cast(null as {{ text }}) as acquisition_channel,

        -- dates
        first_ordered_on as signed_up_on

    from orders
    where recency = 1

)

select * from final
