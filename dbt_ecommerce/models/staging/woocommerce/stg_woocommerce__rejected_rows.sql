{{ config(enabled='woocommerce' in var('sources')) }}

with rejected_orders as (

    select
        order_number,
        rejected_because
    from {{ ref('base_woocommerce__orders') }}
    where rejected_because is not null

),

set_aside as (

    select distinct
        order_rows.order_number,
        order_rows.row_no,
        coalesce(
            rejected_orders.rejected_because, order_rows.rejected_because
        ) as rejected_because
    from {{ ref('base_woocommerce__order_rows') }} as order_rows
    left join rejected_orders
        on order_rows.order_number = rejected_orders.order_number
    where
        rejected_orders.rejected_because is not null
        or order_rows.rejected_because is not null

),

api_orders as (

    select
        *,
        trim(number) as order_number
    from {{ source('woocommerce', 'woocommerce__api_orders') }}

),

api_set_aside as (

    select distinct
        order_number,
        rejected_because
    from set_aside

),

final as (

    select
        'woocommerce__orders' as landing_table,
        set_aside.rejected_because,
        {{ row_as_json('landed') }} as source_row
    from {{ source('woocommerce', 'woocommerce__orders') }} as landed
    inner join set_aside
        on
            landed._row = set_aside.row_no
            and coalesce(trim(landed.order_number), '')
            = coalesce(set_aside.order_number, '')
    left join api_orders
        on set_aside.order_number = api_orders.order_number
    where api_orders.order_number is null

    union all

    select
        'woocommerce__api_orders' as landing_table,
        api_set_aside.rejected_because,
        {{ row_as_json('api_orders') }} as source_row
    from api_orders
    inner join api_set_aside
        on api_orders.order_number = api_set_aside.order_number

)

select * from final
