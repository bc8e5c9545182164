{{ config(materialized='view') }}

{%- set last_day = dbt.dateadd('day', -1, 'ended_on') -%}

with spells as (

    select * from {{ ref('customer_spells') }}

),

customer_segments as (

    select * from {{ ref('customer_segments') }}

),

-- who is active for the first time becomes a customer: no spell of a customer
-- begins without one
begun as (

    select
        customer_key,
        began_on as changed_on,
        case when is_return then 0 else 1 end as new_customers,
        case when is_return then 1 else 0 end as reactivated_customers,
        0 as churned_customers,
        0 as churned_from_start_of_week,
        0 as churned_from_start_of_month,
        case when is_return then 0 else 1 end as customers_gained
    from spells
    where spell_type = 'active'

),

-- An as-of date is the start of its day. The orders of a Monday belong to the
-- week it opens; a spell that was over by a Monday ended in the week before.
ended as (

    select
        customer_key,
        cast({{ last_day }} as date) as changed_on,
        0 as new_customers,
        0 as reactivated_customers,
        case when spell_type = 'active' then 1 else 0 end as churned_customers,
        {%- for period in ['week', 'month'] %}
        case
            when
                spell_type = 'active'
                and began_on < {{ dbt.date_trunc(period, last_day) }}
                then 1
            else 0
        end as churned_from_start_of_{{ period }},
        {%- endfor %}
        case when spell_type = 'customer' then -1 else 0 end as customers_gained
    from spells
    where ended_on is not null

),

changes as (

    select * from begun
    union all
    select * from ended

),

-- by day first: there are few of them, and both periods are made of them
changes_by_day as (

    select
        customer_segments.dimension,
        customer_segments.segment,
        changes.changed_on,
        {%- for figure in [
            'new_customers',
            'reactivated_customers',
            'churned_customers',
            'churned_from_start_of_week',
            'churned_from_start_of_month',
            'customers_gained',
        ] %}
        sum(changes.{{ figure }}) as {{ figure }}
        {%- if not loop.last %},{% endif %}
        {%- endfor %}
    from changes
    inner join customer_segments
        on changes.customer_key = customer_segments.customer_key
    group by
        customer_segments.dimension,
        customer_segments.segment,
        changes.changed_on

),

final as (

    {% for period in ['week', 'month'] %}
    select
        -- strings
        '{{ period }}' as period,
        dimension,
        segment,

        -- numerics
        sum(new_customers) as new_customers,
        sum(reactivated_customers) as reactivated_customers,
        sum(churned_customers) as churned_customers,
        sum(churned_from_start_of_{{ period }}) as churned_from_start,
        sum(customers_gained) as customers_gained,

        -- dates
        cast({{ dbt.date_trunc(period, 'changed_on') }} as date) as starts_on

    from changes_by_day
    group by
        dimension,
        segment,
        cast({{ dbt.date_trunc(period, 'changed_on') }} as date)
    {% if not loop.last %}
    union all

    {% endif %}
    {%- endfor %}

)

select * from final
