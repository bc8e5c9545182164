with spells as (

    select * from {{ ref('int_customer_spells') }}

),

as_of as (

    select * from {{ ref('as_of') }}

),

final as (

    select
        -- ids
        spells.customer_key,

        -- strings
        spells.spell_type,
        case
            when spells.ends_on > as_of.as_of_on then null
            when spells.ends_on < spells.lapses_on then 'order called off'
            else 'window lapsed'
        end as ended_by,

        -- numerics
        spells.spell_number,

        -- booleans
        spells.is_return,

        -- dates
        spells.began_on,
        spells.last_order_on,
        case when spells.ends_on <= as_of.as_of_on then spells.ends_on end
            as ended_on

    from spells
    cross join as_of

)

select * from final
