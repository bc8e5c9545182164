{%- set dimensions = [
    'all', 'state', 'category', 'channel', 'first_product', 'cohort'
] -%}

with periods as (

    select * from {{ ref('int_periods') }}

),

spells as (

    select * from {{ ref('customer_spells') }}

),

customer_segments as (

    select * from {{ ref('customer_segments') }}

),

segmented_spells as (

    {% for dimension in dimensions %}
    select
        spells.*,
        '{{ dimension }}' as dimension,
        {% if dimension == 'all' %}
        'all' as segment
        {% else %}
        coalesce(customer_segments.segment, 'unknown') as segment
        {% endif %}
    from spells
    {% if dimension != 'all' %}
    left join customer_segments
        on
            spells.customer_key = customer_segments.customer_key
            and customer_segments.dimension = '{{ dimension }}'
    {% endif %}
    {% if not loop.last %}
    union all

    {% endif %}
    {% endfor %}

),

-- An as-of date is the start of its day. The orders of a Monday belong to the
-- week it opens; a spell that was over by a Monday ended in the week before.
changes as (

    {% for period in ['week', 'month'] %}
    select
        '{{ period }}' as period,
        {{ dbt.date_trunc(period, 'began_on') }} as starts_on,
        dimension,
        segment,
        spell_type,
        is_return,
        1 as began,
        0 as ended,
        0 as ended_from_start
    from segmented_spells

    union all

    select
        '{{ period }}' as period,
        {{ dbt.date_trunc(period, dbt.dateadd('day', -1, 'ended_on')) }}
            as starts_on,
        dimension,
        segment,
        spell_type,
        is_return,
        0 as began,
        1 as ended,
        case
            when
                began_on < {{ dbt.date_trunc(
                    period, dbt.dateadd('day', -1, 'ended_on')
                ) }}
                then 1
            else 0
        end as ended_from_start
    from segmented_spells
    where ended_on is not null

    {% if not loop.last %}
    union all

    {% endif %}
    {% endfor %}

),

changes_by_segment as (

    select
        period,
        cast(starts_on as date) as starts_on,
        dimension,
        segment,
        sum(case when spell_type = 'active' and not is_return then began end)
            as new_customers,
        sum(case when spell_type = 'active' and is_return then began end)
            as reactivated_customers,
        sum(case when spell_type = 'active' then ended end)
            as churned_customers,
        sum(case when spell_type = 'active' then ended_from_start end)
            as churned_from_start,
        sum(case when spell_type = 'customer' then began - ended end)
            as customers_gained
    from changes
    group by period, cast(starts_on as date), dimension, segment

),

segments as (

    select distinct
        dimension,
        segment
    from segmented_spells

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

accounted as (

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

select * from accounted
