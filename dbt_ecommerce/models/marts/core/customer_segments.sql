{#- What customers are told apart by, beside the whole shop: the one list. -#}
{%- set dimensions = [
    'state', 'category', 'channel', 'first_product', 'cohort'
] -%}

with first_orders as (

    select * from {{ ref('customer_first_orders') }}

),

customers as (

    select * from {{ ref('dim_customers') }}

),

-- how those began whose orders were all called off is not known
joined as (

    select
        customers.customer_key,
        first_orders.customer_key as buyer_key,
        customers.state,
        first_orders.category,
        coalesce(customers.acquisition_channel, first_orders.sales_channel)
            as channel,
        first_orders.product_name as first_product,
        left(
            cast(first_orders.cohort_month as {{ dbt.type_string() }}), 7
        ) as cohort
    from customers
    left join first_orders
        on customers.customer_key = first_orders.customer_key

),

unpivoted as (

    select
        customer_key,
        buyer_key,
        'all' as dimension,
        'all' as segment
    from joined
    {%- for dimension in dimensions %}

    union all

    select
        customer_key,
        buyer_key,
        '{{ dimension }}' as dimension,
        {{ dimension }} as segment
    from joined
    {%- endfor %}

),

ranked as (

    select
        dimension,
        segment,
        row_number() over (
            partition by dimension
            order by count(buyer_key) desc, {{ bytewise('segment') }} asc
        ) as size_rank
    from unpivoted
    where segment is not null
    group by dimension, segment

),

final as (

    select
        -- ids
        unpivoted.customer_key,

        -- strings
        unpivoted.dimension,
        case
            when unpivoted.segment is null then 'unknown'
            when
                ranked.size_rank > {{ var('segments_a_dimension') }}
                and unpivoted.dimension != 'cohort'
                then 'other'
            else unpivoted.segment
        end as segment

    from unpivoted
    left join ranked
        on
            unpivoted.dimension = ranked.dimension
            and unpivoted.segment = ranked.segment

)

select * from final
