{{ config(enabled='shopify' in var('sources')) }}

with rejected_orders as (

    select
        order_name,
        rejected_because
    from {{ ref('base_shopify__orders') }}
    where rejected_because is not null

),

set_aside as (

    select
        order_rows.order_name,
        order_rows.file_name,
        order_rows.row_no,
        coalesce(
            rejected_orders.rejected_because, order_rows.rejected_because
        ) as rejected_because
    from {{ ref('base_shopify__order_rows') }} as order_rows
    left join rejected_orders
        on order_rows.order_name = rejected_orders.order_name
    where
        rejected_orders.rejected_because is not null
        or order_rows.rejected_because is not null

),

final as (

    select
        'shopify__orders' as landing_table,
        set_aside.rejected_because,
        {{ row_as_json('landed') }} as source_row
    from {{ source('shopify', 'shopify__orders') }} as landed
    inner join set_aside
        on
            landed._file = set_aside.file_name
            and landed._row = set_aside.row_no

    union all

    select
        'shopify__api_orders' as landing_table,
        set_aside.rejected_because,
        {{ row_as_json('told') }} as source_row
    from {{ source('shopify', 'shopify__api_orders') }} as told
    inner join set_aside
        on
            set_aside.file_name = 'API'
            and told.name = set_aside.order_name

)

select * from final
