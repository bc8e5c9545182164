{#-
    Chance names a segment in so many periods at most, however many segments
    were looked at.
-#}
{%- set error_rate = 0.03 %}

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
        churned_from_start,
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
        whole.active as whole_active,
        whole.churned_from_start as whole_churned_from_start,
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

-- Who left, in the segment and elsewhere, as if drawn from all who could.
-- Which cohorts leave is decided by the window, and 'unknown' and 'other'
-- name nobody.
tables as (

    select
        period,
        dimension,
        segment,
        cast(churned_from_start as {{ type_double() }}) as left_here,
        cast(active_customers_at_start as {{ type_double() }}) as active_here,
        cast(
            whole_churned_from_start - churned_from_start
            as {{ type_double() }}
        ) as left_elsewhere,
        cast(
            whole_active - active_customers_at_start as {{ type_double() }}
        ) as active_elsewhere
    from compared
    where
        dimension != 'cohort'
        and segment not in ('unknown', 'other')
        and active_customers_at_start > 0
        and active_customers_at_start < whole_active

),

stayed as (

    select
        *,
        active_here - left_here as stayed_here,
        active_elsewhere - left_elsewhere as stayed_elsewhere,
        left_here - active_here * left_elsewhere / active_elsewhere as excess,
        left_here * active_elsewhere > left_elsewhere * active_here as is_more
    from tables

),

-- The chance of just this table, and how much rarer the next further out is.
drawn as (

    select
        *,
        -- of less some databases make an error
        exp(
            greatest(
                -700,
                {{ ln_factorial('active_here') }}
                + {{ ln_factorial('active_elsewhere') }}
                + {{ ln_factorial('(left_here + left_elsewhere)') }}
                + {{ ln_factorial('(stayed_here + stayed_elsewhere)') }}
                - {{ ln_factorial('(active_here + active_elsewhere)') }}
                - {{ ln_factorial('left_here') }}
                - {{ ln_factorial('left_elsewhere') }}
                - {{ ln_factorial('stayed_here') }}
                - {{ ln_factorial('stayed_elsewhere') }}
            )
        ) as chance,
        case
            when is_more
                then
                    left_elsewhere * stayed_here
                    / ((left_here + 1) * (stayed_elsewhere + 1))
            else
                left_here * stayed_elsewhere
                / ((left_elsewhere + 1) * (stayed_here + 1))
        end as further_out
    from stayed

),

-- Fisher's exact test. Each table further out is rarer than the one before it,
-- by more and more: the geometric series is more than all of them together.
tested as (

    select
        *,
        case
            when further_out < 1
                then least(2 * chance / (1 - further_out), 1)
            else 1
        end as p_value
    from drawn

),

ranked as (

    select
        *,
        count(*) over (partition by period) as looked_at,
        row_number() over (
            partition by period
            order by
                p_value asc,
                abs(excess) desc,
                dimension asc,
                {{ bytewise('segment') }} asc
        ) as p_rank
    from tested

),

-- Holm's step-down
adjusted as (

    select
        *,
        least(
            max((looked_at - p_rank + 1) * p_value) over (
                partition by period
                order by p_rank
                rows between unbounded preceding and current row
            ),
            1
        ) as adjusted_p_value
    from ranked

),

-- Segments of one dimension share nobody; those of another would say the same
-- people again, and where one stands out up, others seem to do so down.
named as (

    select
        adjusted.period,
        adjusted.dimension,
        adjusted.segment,
        cast(
            row_number() over (
                partition by adjusted.period
                order by adjusted.p_rank
            ) as integer
        ) as standout_rank
    from adjusted
    inner join adjusted as clearest
        on
            adjusted.period = clearest.period
            and adjusted.dimension = clearest.dimension
            and adjusted.is_more = clearest.is_more
            and clearest.p_rank = 1
    where adjusted.adjusted_p_value <= {{ error_rate }}

),

final as (

    select
        -- strings
        effects.period,
        effects.dimension,
        effects.segment,

        -- numerics
        effects.active_customers_at_start,
        effects.active_customers_at_start_before,
        effects.churned_from_start,
        effects.churned_from_start_before,
        {{ share(
            'effects.churned_from_start', 'effects.active_customers_at_start'
        ) }} as churn_rate,
        {{ share(
            'effects.churned_from_start_before',
            'effects.active_customers_at_start_before'
        ) }} as churn_rate_before,
        {{ share(
            'effects.whole_churned_from_start - effects.churned_from_start',
            'effects.whole_active - effects.active_customers_at_start'
        ) }} as churn_rate_of_others,
        cast(adjusted.excess as numeric(18, 1)) as excess_churned,
        cast(effects.rate_effect as numeric(20, 12)) as rate_effect,
        cast(effects.mix_effect as numeric(20, 12)) as mix_effect,
        cast(effects.rate_effect + effects.mix_effect as numeric(20, 12))
            as contribution,
        cast(
            row_number() over (
                partition by effects.period, effects.dimension
                order by
                    abs(effects.rate_effect + effects.mix_effect) desc,
                    {{ bytewise('effects.segment') }} asc
            ) as integer
        ) as contribution_rank,
        adjusted.p_value,
        adjusted.adjusted_p_value,
        named.standout_rank,

        -- dates
        effects.starts_on,
        effects.ends_on

    from effects
    left join adjusted
        on
            effects.period = adjusted.period
            and effects.dimension = adjusted.dimension
            and effects.segment = adjusted.segment
    left join named
        on
            effects.period = named.period
            and effects.dimension = named.dimension
            and effects.segment = named.segment
    -- nothing is compared with a period before the first
    where effects.rate_effect is not null

)

select * from final
