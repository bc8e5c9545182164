with as_of as (

    select * from {{ ref('as_of') }}

),

customers as (

    select * from {{ ref('dim_customers') }}

),

scores as (

    select * from {{ ref('int_rfm_scores') }}

),

current_scores as (

    select scores.*
    from scores
    inner join as_of on scores.scored_on = as_of.as_of_on

),

previous_scores as (

    select scores.*
    from scores
    inner join as_of on scores.scored_on < as_of.as_of_on

),

final as (

    select
        -- ids
        customers.customer_key,
        customers.source_name,
        customers.customer_id,

        -- strings
        current_scores.rfm_segment,
        previous_scores.rfm_segment as previous_segment,

        -- numerics
        current_scores.recency_days,
        current_scores.valid_orders,
        current_scores.revenue,
        current_scores.recency_score,
        current_scores.frequency_score,
        current_scores.monetary_score,
        current_scores.fm_score,

        -- dates
        current_scores.scored_on as as_of_on

    from current_scores
    inner join customers
        on current_scores.customer_key = customers.customer_key
    left join previous_scores
        on current_scores.customer_key = previous_scores.customer_key

)

select * from final
