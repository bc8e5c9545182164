{#-
    A control chart of each figure: what the weeks before lead to expect of a
    week, how far chance takes it from there, and three rules. docs/metrics.md
    has the reasons and the sources.
-#}
{%- set weeks = 26 -%}
{%- set least_weeks = 8 -%}
{%- set least_weeks_of_a_trend = 13 -%}
{#- how far chance takes a figure changes less than where it stands -#}
{%- set spread_weeks = 52 -%}
{#- in standard deviations from what is expected -#}
{%- set limit = 3 -%}
{%- set warning = 2 -%}
{%- set skew_factor = (limit ** 2 - 1) / 6 -%}
{%- set long_run = 8 -%}
{%- set trend_run = 6 -%}
{#- the median distance of two values drawn from a normal distribution -#}
{%- set median_distance = 0.954 -%}
{#- what knowing a season from two years only adds to the variance -#}
{%- set season_variance = 0.5 -%}
{%- set rates = "('cancellation_rate', 'churn_rate')" -%}
{%- set money = "('revenue')" -%}
{%- set moves = "('active_customers_at_end')" -%}
{#-
    That a shop grows is to be expected; that it loses a larger share of its
    customers is not.
-#}
{%- set growing = "('new_customers', 'reactivated_customers', 'revenue')" %}

with figures as (

    select * from {{ ref('int_weekly_figures') }}

),

numbered as (

    select
        *,
        amount / exposure as quotient,
        row_number() over by_week as week_number,
        lag(amount / exposure) over by_week as quotient_before,
        lag(exposure) over by_week as exposure_before
    from figures
    window by_week as (partition by figure order by week_starts_on)

),

measured as (

    select
        *,
        -- as if both weeks had been of one
        abs(quotient - quotient_before)
        / sqrt((1 / exposure + 1 / exposure_before) / 2) as moved
    from numbered

),

looked_back as (

    select
        judged.figure,
        judged.week_starts_on,
        earlier.amount,
        earlier.exposure,
        earlier.chance,
        earlier.chance_skew,
        earlier.moved,
        earlier.quotient,
        judged.week_number - earlier.week_number as weeks_ago,
        earlier.week_number >= judged.week_number - {{ weeks }} as is_near
    from measured as judged
    inner join measured as earlier
        on
            judged.figure = earlier.figure
            and judged.week_number > earlier.week_number
            and judged.week_number <= earlier.week_number + {{ spread_weeks }}
    where judged.week_number > {{ least_weeks }}

),

compared as (

    select
        *,
        sum(amount) over together
        / sum(exposure) over together as their_level,
        sqrt(sum(chance) over together / sum(exposure) over together)
            as their_chance,
        sum(chance_skew) over together
        / nullif(sum(chance) over together, 0) as their_skew,
        stddev_pop(quotient) over together as their_spread
    from looked_back
    window together as (partition by figure, week_starts_on, is_near)

),

-- one week out of the ordinary does not say what is usual
marked as (

    select
        *,
        is_near
        and amount - exposure * their_level between -{{ limit }} * greatest(
            sqrt(exposure) * their_chance, exposure * their_spread
        )
        and {{ limit }} * greatest(
            sqrt(exposure) * their_chance, exposure * their_spread
        )
        + {{ skew_factor }} * coalesce(their_skew, 1) as is_kept
    from compared

),

summed as (

    select
        figure,
        week_starts_on,
        sum(case when is_kept then 1 else 0 end) as weeks_kept,
        sum(case when is_kept then amount end)
        / sum(case when is_kept then exposure end) as mean_level,
        sum(case when is_kept then chance end)
        / sum(case when is_kept then exposure end) as chance_level,
        sum(case when is_kept then chance_skew end)
        / sum(case when is_kept then exposure end) as skew_level,
        percentile_cont(0.5) within group (order by moved)
        / {{ median_distance }} as spread,
        regr_slope(case when is_kept then quotient end, weeks_ago) as slope,
        regr_avgx(case when is_kept then quotient end, weeks_ago)
            as mean_weeks_ago,
        regr_sxx(case when is_kept then quotient end, weeks_ago)
            as weeks_ago_squared
    from marked
    group by figure, week_starts_on

),

joined as (

    select
        measured.figure,
        measured.week_starts_on,
        measured.week_ends_on,
        measured.amount,
        measured.exposure,
        measured.base,
        measured.quotient,
        summed.mean_level,
        case
            when measured.figure in {{ rates }}
                then summed.chance_level * (1 - summed.mean_level)
            else summed.chance_level
        end as chance_level,
        summed.skew_level,
        summed.spread,
        measured.figure in {{ growing }}
        and summed.weeks_kept >= {{ least_weeks_of_a_trend }} as has_trend,
        summed.slope,
        summed.mean_weeks_ago,
        summed.weeks_ago_squared,
        summed.weeks_kept
    from measured
    left join summed
        on
            measured.figure = summed.figure
            and measured.week_starts_on = summed.week_starts_on

),

-- The regression line, one week on from its end; what is not known of where it
-- is adds to the variance.
with_trend as (

    select
        *,
        case
            when has_trend
                then greatest(mean_level - slope * mean_weeks_ago, 0)
            else mean_level
        end as expected_level,
        1.0 / weeks_kept
        + case
            when has_trend
                then mean_weeks_ago * mean_weeks_ago / weeks_ago_squared
            else 0
        end as uncertainty
    from joined

),

-- Chance varies a count as much as it is high, and a rate the more the fewer it
-- is of; whatever else varies a figure multiplies that.
unseasonal as (

    select
        *,
        greatest(1, coalesce(spread / nullif(sqrt(chance_level), 0), 1))
            as dispersion,
        case
            when has_trend and mean_level > 0
                then expected_level / mean_level
            else 1
        end as rise
    from with_trend

),

unseasonal_deviation as (

    select
        *,
        (quotient - expected_level)
        / nullif(
            dispersion
            * sqrt((rise + uncertainty) * chance_level / exposure),
            0
        ) as plain_deviation
    from unseasonal

),

-- A week is seasonal that was out of the ordinary in both years before.
with_season as (

    select
        this_year.*,
        case
            when
                this_year.figure not in {{ moves }}
                and (
                    least(
                        a_year.plain_deviation, two_years.plain_deviation
                    ) > {{ warning }}
                    or greatest(
                        a_year.plain_deviation, two_years.plain_deviation
                    ) < -{{ warning }}
                )
                then (
                    a_year.quotient / nullif(a_year.expected_level, 0)
                    + two_years.quotient / nullif(two_years.expected_level, 0)
                ) / 2
        end as season
    from unseasonal_deviation as this_year
    left join unseasonal_deviation as a_year
        on
            this_year.figure = a_year.figure
            and this_year.week_starts_on = cast(
                {{ dbt.dateadd('day', 364, 'a_year.week_starts_on') }} as date
            )
    left join unseasonal_deviation as two_years
        on
            this_year.figure = two_years.figure
            and this_year.week_starts_on = cast(
                {{ dbt.dateadd('day', 728, 'two_years.week_starts_on') }}
                as date
            )

),

expected as (

    select
        *,
        exposure * expected_level * coalesce(season, 1) as expected_amount,
        dispersion * sqrt(
            exposure * chance_level * coalesce(season, 1)
            * (
                rise
                + uncertainty
                + case
                    when season is null then 0 else {{ season_variance }}
                end
            )
        ) as deviation_unit,
        -- a small count, and a sum of which few parts are large, go further
        -- up than down
        {{ skew_factor }} * dispersion * dispersion * case
            when figure in {{ moves }} then 0
            when figure in {{ rates }} then 1 - 2 * mean_level
            else coalesce(skew_level / nullif(chance_level, 0), 1)
        end as skew
    from with_season

),

limits as (

    select
        *,
        case
            when expected_amount is null then null
            when
                figure not in {{ moves }}
                and {{ limit }} * deviation_unit >= 2 * expected_amount
                then 0
            else greatest(
                base + expected_amount + skew - {{ limit }} * deviation_unit,
                0
            )
        end as low,
        base + expected_amount + skew + {{ limit }} * deviation_unit as high,
        (amount - expected_amount) / nullif(deviation_unit, 0) as deviation
    from expected

),

rounded as (

    select
        figure,
        week_starts_on,
        week_ends_on,
        deviation,
        uncertainty,
        cast(
            case
                when figure in {{ rates }} then quotient else base + amount
            end as numeric(18, 6)
        ) as figure_value,
        cast(
            case
                when figure in {{ rates }} then expected_amount / exposure
                else base + expected_amount
            end as numeric(18, 6)
        ) as expected_value,
        cast(
            case
                when figure in {{ rates }} then low / exposure
                when figure in {{ money }} then low
                else ceil(low)
            end as numeric(18, 6)
        ) as usual_low,
        cast(
            case
                when figure in {{ rates }} and high > exposure then 1
                when figure in {{ rates }} then high / exposure
                when figure in {{ money }} then high
                -- where no whole number lies between, the one above is usual
                else greatest(floor(high), ceil(low))
            end as numeric(18, 6)
        ) as usual_high,
        deviation - lag(deviation) over by_week as step
    from limits
    window by_week as (partition by figure order by week_starts_on)

),

runs as (

    select
        *,
        count(deviation) over long_run as long_run_weeks,
        min(deviation) over long_run as long_run_lowest,
        max(deviation) over long_run as long_run_highest,
        avg(deviation) over long_run as long_run_mean,
        -- of the mean of eight that share what is not known
        {{ limit }} * sqrt(
            (1 + {{ long_run }} * uncertainty)
            / ({{ long_run }} * (1 + uncertainty))
        ) as long_run_limit,
        count(step) over trend_run as trend_run_steps,
        min(step) over trend_run as trend_run_lowest,
        max(step) over trend_run as trend_run_highest
    from rounded
    window
        long_run as (
            partition by figure
            order by week_starts_on
            rows between {{ long_run - 1 }} preceding and current row
        ),
        trend_run as (
            partition by figure
            order by week_starts_on
            rows between {{ trend_run - 2 }} preceding and current row
        )

),

final as (

    select
        -- strings
        figure,
        case
            when usual_low is null then null
            when figure_value > usual_high then 'above'
            when figure_value < usual_low then 'below'
            when
                long_run_weeks = {{ long_run }}
                and long_run_lowest > 0
                and long_run_mean > long_run_limit
                then 'long_above'
            when
                long_run_weeks = {{ long_run }}
                and long_run_highest < 0
                and long_run_mean < -long_run_limit
                then 'long_below'
            when
                trend_run_steps = {{ trend_run - 1 }}
                and trend_run_lowest > 0
                and deviation > {{ warning }}
                then 'rising'
            when
                trend_run_steps = {{ trend_run - 1 }}
                and trend_run_highest < 0
                and deviation < -{{ warning }}
                then 'falling'
            else 'usual'
        end as signal, -- noqa: RF04

        -- numerics
        figure_value,
        expected_value,
        usual_low,
        usual_high,
        cast(deviation as numeric(18, 4)) as deviation,

        -- dates
        week_starts_on,
        week_ends_on

    from runs

)

select * from final
