{#-
    Frequency and money: 1 + the fifths of the customers that are strictly worse.
    Recency: 5 - the fifths that are strictly better. Customers alike are scored
    alike (ntile would tell them apart by chance): where most have bought once, once
    is a low frequency, and where all bought yesterday, yesterday is as recent as can
    be. Fifths in whole numbers: 1 - 0.8 is less than a fifth to a computer.
-#}
{%- set fifths_before -%}
    floor(
        5.0 * (rank() over (partition by scored_on order by {}) - 1)
        / count(*) over (partition by scored_on)
    )
{%- endset -%}

with as_of as (

    select * from {{ ref('as_of') }}

),

customers as (

    select * from {{ ref('dim_customers') }}

),

order_days as (

    select * from {{ ref('fct_order_days') }}

),

scoring_dates as (

    select as_of_on as scored_on
    from as_of

    union all

    select cast({{ dbt.dateadd('month', -1, 'as_of_on') }} as date) as scored_on
    from as_of

),

-- the last order day before the date has all until then
buyers as (

    select
        scoring_dates.scored_on,
        order_days.customer_key,
        order_days.orders_so_far as valid_orders,
        order_days.revenue_so_far as revenue,
        order_days.ordered_on as last_order_on
    from order_days
    inner join scoring_dates
        on
            order_days.ordered_on < scoring_dates.scored_on
            and (
                order_days.next_order_on is null
                or order_days.next_order_on >= scoring_dates.scored_on
            )

),

scored as (

    select
        *,
        cast(5 - {{ fifths_before.format('last_order_on desc') }} as integer)
            as recency_score,
        cast(1 + {{ fifths_before.format('valid_orders') }} as integer)
            as frequency_score,
        cast(1 + {{ fifths_before.format('revenue') }} as integer)
            as monetary_score
    from buyers

),

with_prospects as (

    select
        customers.customer_key,
        scoring_dates.scored_on,
        scored.recency_score,
        scored.frequency_score,
        scored.monetary_score,
        scored.last_order_on,
        coalesce(scored.valid_orders, 0) as valid_orders,
        coalesce(scored.revenue, 0) as revenue,
        (scored.frequency_score + scored.monetary_score) / 2.0 as fm_score
    from customers
    cross join scoring_dates
    left join scored
        on
            customers.customer_key = scored.customer_key
            and scoring_dates.scored_on = scored.scored_on
    where
        scored.customer_key is not null
        or customers.signed_up_on < scoring_dates.scored_on

),

final as (

    select
        -- ids
        customer_key,

        -- strings
        {{ rfm_segment('recency_score', 'fm_score') }} as rfm_segment,

        -- numerics
        cast({{ dbt.datediff('last_order_on', 'scored_on', 'day') }} as integer)
            as recency_days,
        cast(valid_orders as integer) as valid_orders,
        cast(revenue as numeric(18, 2)) as revenue,
        recency_score,
        frequency_score,
        monetary_score,
        cast(fm_score as numeric(2, 1)) as fm_score,

        -- dates
        scored_on

    from with_prospects

)

select * from final
