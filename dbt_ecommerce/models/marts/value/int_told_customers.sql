with told as (

    select * from {{ source('ops', 'told_customers') }}

),

as_of as (

    select * from {{ ref('as_of') }}

),

customers as (

    select * from {{ ref('dim_customers') }}

),

order_days as (

    select * from {{ ref('fct_order_days') }}

),

-- lists of what may be another shop in the same warehouse are left out, and so
-- is what is not over
looked_at as (

    select
        {% for weeks in outcome_weeks() %}
        cast(
            {{ dbt.dateadd('day', 7 * weeks, 'told.as_of_on') }} as date
        ) as until_{{ weeks }},
        {% endfor %}
        told.*
    from told
    inner join customers on told.customer_key = customers.customer_key
    inner join as_of
        on
            cast(
                {{ dbt.dateadd(
                    'day', 7 * outcome_weeks() | first, 'told.as_of_on'
                ) }} as date
            ) <= as_of.as_of_on
),

final as (

    select
        -- ids
        looked_at.customer_key,

        -- numerics
        {%- for weeks in outcome_weeks() %}
        looked_at.return_probability_{{ weeks }},
        coalesce(
            sum(
                case
                    when order_days.ordered_on < looked_at.until_{{ weeks }}
                        then order_days.revenue
                end
            ), 0
        ) as revenue_{{ weeks }},
        {%- endfor %}

        -- booleans
        looked_at.is_control,

        -- dates
        looked_at.as_of_on as listed_on,
        min(order_days.ordered_on) as returned_on

    from looked_at
    left join order_days
        on
            looked_at.customer_key = order_days.customer_key
            and looked_at.as_of_on <= order_days.ordered_on
            and looked_at.until_{{ outcome_weeks() | last }}
            > order_days.ordered_on
    group by
        looked_at.customer_key,
        {%- for weeks in outcome_weeks() %}
        looked_at.return_probability_{{ weeks }},
        {%- endfor %}
        looked_at.is_control,
        looked_at.as_of_on

)

select * from final
