{{ config(
    enabled='bling' in var('sources'),
    materialized='table',
) }}

with orders as (

    select *
    from {{ ref('base_bling__orders') }}
    where rejected_because is null

),

cast_to_types as (

    select
        -- ids
        orders.order_id,
        upper({{ squeeze(json_field('line.item', 'codigo')) }}) as sku,

        -- strings
        {{ squeeze(json_field('line.item', 'descricao')) }} as product_name,
        {{ json_text('line.item') }} as source_row,

        -- numerics
        row_number() over (
            partition by orders.order_id
            order by
                {{ try_cast(json_field('line.item', 'id'), 'bigint') }}
                asc nulls last
        ) as line_no,
        {{ try_cast(json_field('line.item', 'quantidade'), 'numeric') }}
            as quantity,
        {{ try_cast(json_field('line.item', 'valor'), 'numeric') }}
            as list_price,
        {{ try_cast(
            "coalesce(" ~ json_field('line.item', 'desconto') ~ ", '0')",
            'numeric'
        ) }} as discount_percent
    from orders {{ json_rows('orders.items', '', 'line') }}
    {{ computed_once() }}

),

judged as (

    select
        *,
        case
            when quantity is null then 'quantity is not a number'
            when quantity <= 0 then 'quantity is not positive'
            when list_price is null then 'unit_price is not a number'
            when list_price < 0 then 'unit_price is negative'
            when discount_percent is null then 'discount is not a number'
            when discount_percent < 0 or discount_percent > 100
                then 'discount is not between 0 and 100 percent'
            when {{ is_too_large('quantity * list_price', 'quantity') }}
                then 'quantity or unit_price is too large'
        end as rejected_because
    from cast_to_types

),

final as (

    select
        -- ids
        order_id,
        line_no,
        sku,

        -- strings
        product_name,
        rejected_because,
        case when rejected_because is not null then source_row end
            as source_row,

        -- numerics
        quantity,
        list_price,
        discount_percent

    from judged

)

select * from final
