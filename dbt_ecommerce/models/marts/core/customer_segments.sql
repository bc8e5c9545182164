{%- set segments = {
    'state': 'customers.state',
    'category': 'first_orders.category',
    'channel':
        'coalesce(customers.acquisition_channel, first_orders.sales_channel)',
    'first_product': 'first_orders.product_name',
    'cohort': 'left(cast(first_orders.cohort_month as '
        ~ dbt.type_string() ~ '), 7)',
} -%}

{#- Known of those too whose orders were all called off. -#}
{%- set known_of_all = ['state', 'channel'] -%}

with first_orders as (

    select * from {{ ref('customer_first_orders') }}

),

customers as (

    select * from {{ ref('dim_customers') }}

),

unfolded as (

    {% for dimension, segment in segments.items() %}
    select
        customers.customer_key,
        first_orders.customer_key as buyer_key,
        '{{ dimension }}' as dimension,
        {{ segment }} as segment
    from customers
    {{ 'left' if dimension in known_of_all else 'inner' }} join first_orders
        on customers.customer_key = first_orders.customer_key
    {% if not loop.last %}
    union all

    {% endif %}
    {% endfor %}

),

by_size as (

    select
        dimension,
        segment,
        row_number() over (
            partition by dimension
            order by count(buyer_key) desc, {{ bytewise('segment') }} asc
        ) as size_rank
    from unfolded
    where segment is not null
    group by dimension, segment

),

final as (

    select
        unfolded.customer_key,
        unfolded.dimension,
        case
            when unfolded.segment is null then 'unknown'
            when
                by_size.size_rank > {{ var('segments_a_dimension') }}
                and unfolded.dimension != 'cohort'
                then 'other'
            else unfolded.segment
        end as segment
    from unfolded
    left join by_size
        on
            unfolded.dimension = by_size.dimension
            and unfolded.segment = by_size.segment

)

select * from final
