with refunds as (

    {{ union_optional('refunds', {
        'order_id': dbt.type_string(),
        'order_item_id': dbt.type_string(),
        'refunded_on': 'date',
        'amount': 'numeric(18, 4)',
        'quantity': 'numeric(18, 4)',
    }) }}

),

-- a file may hold '' or a blank for nothing
trimmed as (

    select
        source_name,
        order_id,
        nullif(trim(order_item_id), '') as order_item_id,
        refunded_on,
        amount,
        quantity
    from refunds

),

final as (

    select
        -- ids
        source_name,
        order_id,
        order_item_id,

        -- numerics
        cast(sum(amount) as numeric(18, 4)) as amount,
        cast(sum(quantity) as numeric(18, 4)) as quantity,

        -- dates
        refunded_on

    from trimmed
    group by source_name, order_id, order_item_id, refunded_on

)

select * from final
