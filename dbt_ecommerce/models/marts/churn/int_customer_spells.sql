{#- the last day that Postgres, Spark and Python all know -#}
{%- set never = "cast('9999-12-31' as date)" -%}

with orders as (

    select * from {{ ref('fct_orders') }}

),

-- An order counts until it is called off, as far as anybody knew: nothing that
-- is found out later changes what was true before.
counted_orders as (

    select
        customer_key,
        ordered_on,
        {{ called_off_on() }} as called_off_on
    from orders
    where customer_key is not null

),

-- The first as-of date on which an order no longer makes somebody a customer,
-- or an active one.
counted_until as (

    select
        customer_key,
        'customer' as spell_type,
        ordered_on,
        coalesce(
            cast({{ dbt.dateadd('day', 1, 'called_off_on') }} as date),
            {{ never }}
        ) as ends_on,
        {{ never }} as lapses_on
    from counted_orders
    where called_off_on is null or called_off_on > ordered_on

    union all

    select
        customer_key,
        'active' as spell_type,
        ordered_on,
        least(
            {{ churned_on('ordered_on') }},
            coalesce(
                cast({{ dbt.dateadd('day', 1, 'called_off_on') }} as date),
                {{ never }}
            )
        ) as ends_on,
        {{ churned_on('ordered_on') }} as lapses_on
    from counted_orders
    where called_off_on is null or called_off_on > ordered_on

),

with_end_before as (

    select
        *,
        max(ends_on) over (
            partition by customer_key, spell_type
            order by ordered_on
            rows between unbounded preceding and 1 preceding
        ) as ends_on_before
    from counted_until

),

numbered as (

    select
        *,
        ends_on_before is null or ends_on >= ends_on_before as counts_longest,
        sum(
            case
                when ends_on_before is null or ordered_on >= ends_on_before
                    then 1
                else 0
            end
        ) over (
            partition by customer_key, spell_type
            order by ordered_on
            rows between unbounded preceding and current row
        ) as spell_number
    from with_end_before

),

-- The order that a spell ends with is the one that counts longest: the last
-- that counts at least as long as all before it.
spells as (

    select
        customer_key,
        spell_type,
        spell_number,
        min(ordered_on) as began_on,
        max(ends_on) as ends_on,
        max(case when counts_longest then ordered_on end) as last_order_on,
        max(case when counts_longest then lapses_on end) as lapses_on
    from numbered
    group by customer_key, spell_type, spell_number

),

customer_spells as (

    select
        customer_key,
        began_on
    from spells
    where spell_type = 'customer'

),

final as (

    select
        -- ids
        spells.customer_key,

        -- strings
        spells.spell_type,

        -- numerics
        cast(spells.spell_number as integer) as spell_number,

        -- booleans
        customer_spells.customer_key is null as is_return,

        -- dates
        spells.began_on,
        spells.last_order_on,
        spells.ends_on,
        spells.lapses_on

    from spells
    left join customer_spells
        on
            spells.customer_key = customer_spells.customer_key
            and spells.began_on = customer_spells.began_on

)

select * from final
