{{ config(enabled='sales_form' in var('sources')) }}

{%- set shops = "'" ~ var('sources') | join("', '") ~ "'" -%}

with entries as (

    select * from {{ source('sales_form', 'sales_form__entries') }}
    -- what was tried with a shop that is none of these counts for none of them
    where source_name in ({{ shops }})

),

numbered as (

    select
        *,
        row_number() over (partition by sale_id order by version desc)
            as recency
    from entries

),

latest as (

    select * from numbered
    where recency = 1

),

final as (

    select
        -- ids
        source_name,
        cast(sale_id as {{ dbt.type_string() }}) as order_id,
        customer_id,
        product_id,
        seller_id,

        -- strings
        customer_name,
        customer_state,
        product_name,
        sales_channel,
        currency,
        case
            when {{ is_too_early('sold_on') }}
                then 'sold_on is before {{ var("earliest_order_on") }}'
        end as rejected_because,
        case
            when {{ is_too_early('sold_on') }}
                then {{ row_as_json('latest') }}
        end as source_row,

        -- numerics
        quantity,
        unit_price,

        -- booleans
        action = 'voided' as is_voided,

        -- dates
        sold_on

    from latest

)

select * from final
