{{ config(enabled='sales_form' in var('sources')) }}

with sales as (

    select * from {{ ref('base_sales_form__sales') }}
    where rejected_because is null and not is_voided

),

final as (

    select
        -- ids
        source_name,
        order_id as order_item_id,
        order_id,
        product_id,

        -- strings
        product_name,

        -- numerics
        quantity,
        cast(unit_price as numeric(18, 4)) as unit_price,
        cast(0 as numeric(18, 4)) as discount

    from sales

)

select * from final
