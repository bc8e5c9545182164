with accounting as (

    select * from {{ ref('int_growth_accounting') }}

),

latest as (

    select
        *,
        lag(active_customers_at_start) over by_segment
            as active_customers_at_start_before,
        lag(churned_from_start) over by_segment as churned_from_start_before,
        row_number() over (
            partition by period, dimension, segment
            order by starts_on desc
        ) as recency
    from accounting
    window by_segment as (
        partition by period, dimension, segment
        order by starts_on
    )

),

whole as (

    select
        period,
        active_customers_at_start as active,
        active_customers_at_start_before as active_before,
        1.0 * churned_from_start / nullif(active_customers_at_start, 0)
            as churn_rate,
        1.0
        * churned_from_start_before
        / nullif(active_customers_at_start_before, 0) as churn_rate_before
    from latest
    where dimension = 'all' and recency = 1

),

-- a segment without customers in one of the two periods has no rate of its own
-- there, and as its share is 0 it does not matter which one is taken
compared as (

    select
        latest.*,
        whole.churn_rate as whole_churn_rate,
        whole.churn_rate_before as whole_churn_rate_before,
        1.0 * latest.active_customers_at_start / nullif(whole.active, 0)
            as share_of_active,
        1.0
        * latest.active_customers_at_start_before
        / nullif(whole.active_before, 0) as share_of_active_before,
        coalesce(
            1.0
            * latest.churned_from_start
            / nullif(latest.active_customers_at_start, 0),
            1.0
            * latest.churned_from_start_before
            / nullif(latest.active_customers_at_start_before, 0)
        ) as rate,
        coalesce(
            1.0
            * latest.churned_from_start_before
            / nullif(latest.active_customers_at_start_before, 0),
            1.0
            * latest.churned_from_start
            / nullif(latest.active_customers_at_start, 0)
        ) as rate_before
    from latest
    inner join whole on latest.period = whole.period
    where
        latest.dimension != 'all'
        and latest.recency = 1
        and (
            latest.active_customers_at_start > 0
            or latest.active_customers_at_start_before > 0
        )

),

effects as (

    select
        *,
        (share_of_active + share_of_active_before) / 2 * (rate - rate_before)
            as rate_effect,
        (share_of_active - share_of_active_before)
        * (
            (rate + rate_before) / 2
            - (whole_churn_rate + whole_churn_rate_before) / 2
        ) as mix_effect
    from compared

),

final as (

    select
        -- strings
        period,
        dimension,
        segment,

        -- numerics
        active_customers_at_start,
        active_customers_at_start_before,
        churned_from_start,
        churned_from_start_before,
        {{ share('churned_from_start', 'active_customers_at_start') }}
            as churn_rate,
        {{ share(
            'churned_from_start_before', 'active_customers_at_start_before'
        ) }} as churn_rate_before,
        cast(rate_effect as numeric(20, 12)) as rate_effect,
        cast(mix_effect as numeric(20, 12)) as mix_effect,
        cast(rate_effect + mix_effect as numeric(20, 12)) as contribution,
        cast(
            row_number() over (
                partition by period, dimension
                order by
                    abs(rate_effect + mix_effect) desc,
                    {{ bytewise('segment') }} asc
            ) as integer
        ) as contribution_rank,

        -- dates
        starts_on,
        ends_on

    from effects
    -- nothing is compared with a period before the first
    where rate_effect is not null

)

select * from final
