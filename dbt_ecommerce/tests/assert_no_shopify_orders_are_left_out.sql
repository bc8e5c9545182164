{{ config(
    enabled='shopify' in var('sources'),
    severity='warn',
    fail_calc='coalesce(max(missing_orders), 0)',
) }}

-- Shopify counts its orders: where more than a tenth of the numbers between the
-- first and the last is missing, the export was made with a filter, such as of
-- the unfulfilled ones, or of a part of the time.
with orders as (

    select
        {{ try_cast(
            replace_pattern('order_name', '[^0-9]', ''), 'bigint'
        ) }} as order_number
    from {{ ref('base_shopify__orders') }}

),

counted as (

    select
        min(order_number) as first_number,
        max(order_number) as last_number,
        count(distinct order_number) as orders
    from orders

)

select
    first_number,
    last_number,
    last_number - first_number + 1 - orders as missing_orders
from counted
where (last_number - first_number + 1) * 9 > orders * 10
