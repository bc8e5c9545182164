{{ config(enabled='sales_form' in var('sources'), severity='warn') }}

-- What somebody typed and the shop told, too, is counted twice. It looks the
-- same: its day, its amount, and its customer, or its product where one of
-- both has no customer.
with typed_ids as (

    select
        source_name,
        order_id
    from {{ ref('stg_sales_form__orders') }}

),

lines as (

    select
        orders.source_name,
        orders.order_id,
        orders.ordered_on,
        orders.customer_key,
        orders.revenue,
        items.product_id,
        typed_ids.order_id is not null as is_typed
    from {{ ref('fct_orders') }} as orders
    inner join {{ ref('fct_order_items') }} as items
        on orders.order_key = items.order_key
    left join typed_ids
        on
            orders.source_name = typed_ids.source_name
            and orders.order_id = typed_ids.order_id
    where orders.is_valid

)

select distinct
    typed.source_name,
    typed.order_id
from lines as typed
inner join lines as told
    on
        typed.source_name = told.source_name
        and typed.ordered_on = told.ordered_on
        and typed.revenue = told.revenue
        and (
            typed.customer_key = told.customer_key
            or (
                typed.product_id = told.product_id
                and (
                    typed.customer_key is null or told.customer_key is null
                )
            )
        )
where typed.is_typed and not told.is_typed
