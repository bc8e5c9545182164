{%- set dimensions = [
    'state', 'category', 'channel', 'first_product', 'cohort'
] -%}
{%- set periods = ['week', 'month'] -%}
{%- set figures = [
    'new_customers',
    'reactivated_customers',
    'churned_customers',
    'churned_from_start_of_week',
    'churned_from_start_of_month',
    'customers_gained',
] -%}
{%- set last_day = dbt.dateadd('day', -1, 'ended_on') -%}

with periods as (

    select * from {{ ref('int_periods') }}

),

spells as (

    select * from {{ ref('customer_spells') }}

),

customer_segments as (

    select * from {{ ref('customer_segments') }}

),

-- An as-of date is the start of its day. The orders of a Monday belong to the
-- week it opens; a spell that was over by a Monday ended in the week before.
changes as (

    select
        customer_key,
        began_on as changed_on,
        case when spell_type = 'active' and not is_return then 1 else 0 end
            as new_customers,
        case when spell_type = 'active' and is_return then 1 else 0 end
            as reactivated_customers,
        0 as churned_customers,
        {%- for period in periods %}
        0 as churned_from_start_of_{{ period }},
        {%- endfor %}
        case when spell_type = 'customer' then 1 else 0 end as customers_gained
    from spells

    union all

    select
        customer_key,
        cast({{ last_day }} as date) as changed_on,
        0 as new_customers,
        0 as reactivated_customers,
        case when spell_type = 'active' then 1 else 0 end as churned_customers,
        {%- for period in periods %}
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

-- by day first: there are few of them, and both periods are made of them
changes_by_day as (

    select
        'all' as dimension,
        'all' as segment,
        {%- for figure in figures %}
        sum({{ figure }}) as {{ figure }},
        {%- endfor %}
        changed_on
    from changes
    group by changed_on

    {% for dimension in dimensions %}
    union all

    select
        '{{ dimension }}' as dimension,
        coalesce(customer_segments.segment, 'unknown') as segment,
        {%- for figure in figures %}
        sum(changes.{{ figure }}) as {{ figure }},
        {%- endfor %}
        changes.changed_on
    from changes
    left join customer_segments
        on
            changes.customer_key = customer_segments.customer_key
            and customer_segments.dimension = '{{ dimension }}'
    group by
        coalesce(customer_segments.segment, 'unknown'),
        changes.changed_on

    {% endfor %}
),

changes_by_segment as (

    {% for period in periods %}
    select
        '{{ period }}' as period,
        cast({{ dbt.date_trunc(period, 'changed_on') }} as date) as starts_on,
        dimension,
        segment,
        sum(new_customers) as new_customers,
        sum(reactivated_customers) as reactivated_customers,
        sum(churned_customers) as churned_customers,
        sum(churned_from_start_of_{{ period }}) as churned_from_start,
        sum(customers_gained) as customers_gained
    from changes_by_day
    group by
        cast({{ dbt.date_trunc(period, 'changed_on') }} as date),
        dimension,
        segment
    {% if not loop.last %}
    union all

    {% endif %}
    {%- endfor %}

),

segments as (

    -- the shop has its periods before it has a customer
    select
        'all' as dimension,
        'all' as segment

    union all

    select distinct
        dimension,
        segment
    from changes_by_day
    where dimension != 'all'

),

every_period as (

    select
        periods.period,
        periods.starts_on,
        periods.ends_on,
        segments.dimension,
        segments.segment,
        coalesce(changes_by_segment.new_customers, 0) as new_customers,
        coalesce(changes_by_segment.reactivated_customers, 0)
            as reactivated_customers,
        coalesce(changes_by_segment.churned_customers, 0)
            as churned_customers,
        coalesce(changes_by_segment.churned_from_start, 0)
            as churned_from_start,
        coalesce(changes_by_segment.customers_gained, 0) as customers_gained
    from periods
    cross join segments
    left join changes_by_segment
        on
            periods.period = changes_by_segment.period
            and periods.starts_on = changes_by_segment.starts_on
            and segments.dimension = changes_by_segment.dimension
            and segments.segment = changes_by_segment.segment

),

running as (

    select
        *,
        sum(customers_gained) over so_far as customers_at_end,
        sum(new_customers + reactivated_customers - churned_customers)
            over so_far as active_customers_at_end
    from every_period
    window so_far as (
        partition by period, dimension, segment
        order by starts_on
        rows between unbounded preceding and current row
    )

),

final as (

    select
        -- strings
        period,
        dimension,
        segment,

        -- numerics
        cast(
            active_customers_at_end
            - new_customers
            - reactivated_customers
            + churned_customers as integer
        ) as active_customers_at_start,
        cast(new_customers as integer) as new_customers,
        cast(reactivated_customers as integer) as reactivated_customers,
        cast(churned_customers as integer) as churned_customers,
        cast(churned_from_start as integer) as churned_from_start,
        cast(active_customers_at_end as integer) as active_customers_at_end,
        cast(customers_at_end as integer) as customers_at_end,

        -- dates
        starts_on,
        ends_on

    from running

)

select * from final
