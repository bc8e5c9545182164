{{ config(enabled='shopify' in var('sources')) }}

with set_aside as (

    select
        order_rows.order_name,
        order_rows.file_name,
        order_rows.row_no,
        coalesce(orders.rejected_because, order_rows.rejected_because)
            as rejected_because
    from {{ ref('base_shopify__order_rows') }} as order_rows
    left join {{ ref('base_shopify__orders') }} as orders
        on order_rows.order_name = orders.order_name
    where
        orders.rejected_because is not null
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
