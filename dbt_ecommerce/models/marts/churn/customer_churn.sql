with order_days as (

    select * from {{ ref('fct_order_days') }}

),

customers as (

    select * from {{ ref('dim_customers') }}

),

rhythms as (

    select * from {{ ref('int_customer_rhythms') }}

),

windows as (

    select * from {{ ref('churn_windows') }}

),

spells as (

    select
        *,
        row_number() over (
            partition by customer_key
            order by spell_number desc
        ) as recency
    from {{ ref('customer_spells') }}
    where spell_type = 'active'

),

valid_orders as (

    select
        customer_key,
        first_order_on,
        ordered_on as last_order_on,
        orders_so_far as valid_orders,
        order_day_number as order_days,
        revenue_so_far as revenue,
        margin_so_far as margin
    from order_days
    where next_order_on is null

),

-- orders that came after a silence that was too long for this customer
late_orders as (

    select
        order_days.customer_key,
        max(order_days.ordered_on) as last_late_order_on
    from order_days
    inner join rhythms on order_days.customer_key = rhythms.customer_key
    where order_days.days_since_previous > rhythms.personal_window_days
    group by order_days.customer_key

),

joined as (

    select
        valid_orders.*,
        customers.source_name,
        customers.customer_id,
        rhythms.rhythm_of,
        rhythms.rhythm_days,
        rhythms.personal_window_days,
        windows.fixed_window_days,
        windows.percentile_window_days,
        windows.kaplan_meier_window_days,
        windows.as_of_on,
        spells.is_return,
        spells.began_on as spell_began_on,
        spells.ended_on as spell_ended_on,
        late_orders.last_late_order_on,
        {{ dbt.datediff(
            'valid_orders.last_order_on', 'windows.as_of_on', 'day'
        ) }} as days_since_last_order,
        {{ churned_on('valid_orders.last_order_on') }} as window_lapses_on,
        {{ dbt.dateadd(
            'day',
            'rhythms.personal_window_days + 1',
            'valid_orders.last_order_on'
        ) }} as rhythm_lapses_on,
        -- from then on the customer is neither new nor reactivated
        {{ churned_on('spells.began_on') }} as settled_on
    from valid_orders
    inner join customers on valid_orders.customer_key = customers.customer_key
    inner join rhythms on valid_orders.customer_key = rhythms.customer_key
    inner join spells
        on
            valid_orders.customer_key = spells.customer_key
            and spells.recency = 1
    left join late_orders
        on valid_orders.customer_key = late_orders.customer_key
    cross join windows

),

judged as (

    select
        *,
        case
            when window_lapses_on <= as_of_on then 'churned'
            when days_since_last_order > personal_window_days then 'at_risk'
            when settled_on <= as_of_on then 'active'
            when is_return then 'reactivated'
            else 'new'
        end as status
    from joined

),

final as (

    select
        -- ids
        customer_key,
        source_name,
        customer_id,

        -- strings
        status,
        rhythm_of,

        -- numerics
        cast(valid_orders as integer) as valid_orders,
        cast(order_days as integer) as order_days,
        cast(revenue as numeric(18, 2)) as revenue,
        cast(margin as numeric(18, 2)) as margin,
        {{ quotient('margin', 'greatest(revenue, 0)', digits=6) }}
            as margin_rate,
        cast(days_since_last_order as integer) as days_since_last_order,
        rhythm_days,
        fixed_window_days,
        percentile_window_days,
        kaplan_meier_window_days,
        personal_window_days,

        -- booleans
        status = 'churned' as is_churned,
        days_since_last_order > percentile_window_days
            as is_churned_by_percentile,
        days_since_last_order > kaplan_meier_window_days
            as is_churned_by_kaplan_meier,
        days_since_last_order > personal_window_days
            as is_churned_by_rhythm,

        -- dates
        first_order_on,
        last_order_on,
        case when status = 'churned' then window_lapses_on end as churned_on,
        cast(
            case status
                when 'churned' then coalesce(spell_ended_on, window_lapses_on)
                when 'at_risk' then rhythm_lapses_on
                when 'active'
                    then greatest(
                        settled_on, coalesce(last_late_order_on, settled_on)
                    )
                else greatest(
                    spell_began_on,
                    coalesce(last_late_order_on, spell_began_on)
                )
            end as date
        ) as status_began_on,
        as_of_on

    from judged

)

select * from final
