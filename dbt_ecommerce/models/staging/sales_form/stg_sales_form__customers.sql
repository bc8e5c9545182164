{{ config(enabled='sales_form' in var('sources')) }}

{%- set text = dbt.type_string() -%}

with sales as (

    select * from {{ ref('base_sales_form__sales') }}
    where rejected_because is null

),

buying as (

    select
        source_name,
        customer_id,
        min(sold_on) as first_sold_on
    from sales
    where not is_voided
    group by source_name, customer_id

),

final as (

    select
        -- ids
        sales.source_name,
        sales.customer_id,

        -- strings
        sales.customer_name,
        cast(null as {{ text }}) as email,
        cast(null as {{ text }}) as city,
        sales.customer_state as state,
        cast(null as {{ text }}) as country,
        cast(null as {{ text }}) as acquisition_channel,

        -- dates
        buying.first_sold_on as signed_up_on

    from sales
    -- who was told of by a sale that is void now may have bought by another
    inner join buying
        on
            sales.source_name = buying.source_name
            and sales.customer_id = buying.customer_id
    where sales.customer_name is not null

)

select * from final
