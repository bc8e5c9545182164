{#- the last day that Postgres, Spark and Python all know -#}
{%- set never = "cast('9999-12-31' as date)" -%}
{%- set not_called_off_until -%}
    coalesce(
        cast({{ dbt.dateadd('day', 1, 'called_off_on') }} as date), {{ never }}
    )
{%- endset -%}

with orders as (

    select * from {{ ref('fct_orders') }}

),

with_called_off as (

    select
        customer_key,
        ordered_on,
        {{ called_off_on() }} as called_off_on
    from orders
    where customer_key is not null

),

-- An order counts until it is called off, as far as anybody knew: nothing that
-- is found out later changes what was true before. `<type>_until` is the first
-- as-of date on which it no longer makes somebody a customer, or an active one;
-- `<type>_lapses_on` is when that would be if it were not called off.
counted_orders as (

    select
        customer_key,
        ordered_on,
        {{ not_called_off_until }} as customer_until,
        {{ never }} as customer_lapses_on,
        least({{ churned_on('ordered_on') }}, {{ not_called_off_until }})
            as active_until,
        {{ churned_on('ordered_on') }} as active_lapses_on
    from with_called_off
    where called_off_on is null or called_off_on > ordered_on

),

with_until_before as (

    select
        *,
        max(customer_until) over earlier as customer_until_before,
        max(active_until) over earlier as active_until_before
    from counted_orders
    window earlier as (
        partition by customer_key
        order by ordered_on
        rows between unbounded preceding and 1 preceding
    )

),

numbered as (

    select
        {%- for type in ['customer', 'active'] %}
        coalesce({{ type }}_until >= {{ type }}_until_before, true)
            as {{ type }}_longest,
        sum(
            case
                when coalesce(ordered_on < {{ type }}_until_before, false)
                    then 0
                else 1
            end
        ) over so_far as {{ type }}_spell,
        {%- endfor %}
        *
    from with_until_before
    window so_far as (
        partition by customer_key
        order by ordered_on
        rows between unbounded preceding and current row
    )

),

-- The order that a spell ends with is the one that counts longest: the last
-- that counts at least as long as all before it.
spells as (

    {%- for type in ['customer', 'active'] %}
    select
        customer_key,
        '{{ type }}' as spell_type,
        {{ type }}_spell as spell_number,
        min(ordered_on) as began_on,
        max({{ type }}_until) as ends_on,
        max(case when {{ type }}_longest then ordered_on end) as last_order_on,
        max(case when {{ type }}_longest then {{ type }}_lapses_on end)
            as lapses_on
    from numbered
    group by customer_key, {{ type }}_spell
    {%- if not loop.last %}

    union all
    {% endif %}
    {%- endfor %}

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
