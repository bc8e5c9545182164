with spells as (

    select *
    from {{ ref('customer_spells') }}
    where spell_type = 'active'

),

with_spell_before as (

    select
        *,
        lag(last_order_on) over (
            partition by customer_key
            order by spell_number
        ) as last_order_on_before
    from spells

),

final as (

    select
        customer_key,
        'churned' as event_type,
        ended_by as churned_by,
        last_order_on,
        ended_on as happened_on
    from with_spell_before
    where ended_on is not null

    union all

    select
        customer_key,
        'reactivated' as event_type,
        cast(null as {{ dbt.type_string() }}) as churned_by,
        last_order_on_before as last_order_on,
        began_on as happened_on
    from with_spell_before
    where is_return

)

select * from final
