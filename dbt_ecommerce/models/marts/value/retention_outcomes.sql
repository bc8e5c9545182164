{#- 95% of a normal distribution lie within so many standard deviations -#}
{%- set z = 1.959964 -%}
{%- set groups = {'told': 'not is_control', 'control': 'is_control'} -%}

with told_customers as (

    select * from {{ ref('int_told_customers') }}

),

as_of as (

    select * from {{ ref('as_of') }}

),

by_horizon as (
    {% for weeks in outcome_weeks() %}
    select
        listed_on,
        {{ weeks }} as horizon_weeks,
        cast(
            {{ dbt.dateadd('day', 7 * weeks, 'listed_on') }} as date
        ) as horizon_ends_on,
        {%- for group, is_in in groups.items() %}
        count(case when {{ is_in }} then 1 end) as {{ group }}_customers,
        count(
            case
                when
                    {{ is_in }}
                    and returned_on
                    < {{ dbt.dateadd('day', 7 * weeks, 'listed_on') }}
                    then 1
            end
        ) as {{ group }}_returned,
        sum(case when {{ is_in }} then revenue_{{ weeks }} else 0 end)
            as {{ group }}_revenue,
        {{ known_sum(
            'case when ' ~ is_in ~ ' then return_probability_' ~ weeks
            ~ ' else 0 end'
        ) }} as {{ group }}_expected,
        {%- endfor %}
        sum(
            case
                when not is_control
                    then
                        return_probability_{{ weeks }}
                        * (1 - return_probability_{{ weeks }})
            end
        ) as told_variance
    from told_customers
    group by listed_on
    {{ "union all" if not loop.last }}
    {%- endfor %}

),

ended as (

    select
        by_horizon.*,
        as_of.as_of_on
    from by_horizon
    inner join as_of on by_horizon.horizon_ends_on <= as_of.as_of_on

),

-- Wilson's interval of each share
with_shares as (

    select
        {% for group in ['told', 'control'] %}
        cast({{ group }}_returned as {{ type_double() }})
        / nullif({{ group }}_customers, 0) as {{ group }}_share,
        ({{ group }}_returned + {{ z * z / 2 }})
        / nullif({{ group }}_customers + {{ z * z }}, 0) as {{ group }}_centre,
        {{ z }} * sqrt(
            cast({{ group }}_returned as {{ type_double() }})
            * ({{ group }}_customers - {{ group }}_returned)
            / nullif({{ group }}_customers, 0) + {{ z * z / 4 }}
        ) / ({{ group }}_customers + {{ z * z }}) as {{ group }}_reach,
        {% endfor %}
        *
    from ended

),

-- and Newcombe's of their difference, made of both
compared as (

    select
        *,
        told_share - control_share as difference,
        told_share - control_share - sqrt(
            power(told_share - told_centre + told_reach, 2)
            + power(control_centre + control_reach - control_share, 2)
        ) as difference_low,
        told_share - control_share + sqrt(
            power(told_centre + told_reach - told_share, 2)
            + power(control_share - control_centre + control_reach, 2)
        ) as difference_high
    from with_shares

),

final as (

    select
        -- strings
        case
            when difference_low > 0 then 'more_return'
            when difference_high < 0 then 'fewer_return'
            when control_customers > 0 and told_customers > 0
                then 'too_few_to_say'
        end as effect,

        -- numerics
        horizon_weeks,
        cast(told_customers as integer) as told_customers,
        cast(told_returned as integer) as told_returned,
        {{ share('told_returned', 'told_customers') }} as told_return_rate,
        cast(told_expected as numeric(18, 2)) as told_expected,
        -- greatest() and least() would take what is not known for nothing
        cast(
            case
                when told_expected is not null
                    then greatest(
                        told_expected - {{ z }} * sqrt(told_variance), 0
                    )
            end as numeric(18, 2)
        ) as told_expected_low,
        cast(
            case
                when told_expected is not null
                    then least(
                        told_expected + {{ z }} * sqrt(told_variance),
                        told_customers
                    )
            end as numeric(18, 2)
        ) as told_expected_high,
        cast(told_revenue as numeric(18, 2)) as told_revenue,
        cast(control_customers as integer) as control_customers,
        cast(control_returned as integer) as control_returned,
        {{ share('control_returned', 'control_customers') }}
            as control_return_rate,
        cast(
            case when control_customers > 0 then control_expected end
            as numeric(18, 2)
        ) as control_expected,
        cast(control_revenue as numeric(18, 2)) as control_revenue,
        cast(difference as numeric(9, 6)) as return_rate_difference,
        cast(difference_low as numeric(9, 6)) as return_rate_difference_low,
        cast(difference_high as numeric(9, 6)) as return_rate_difference_high,

        -- dates
        listed_on,
        horizon_ends_on,
        as_of_on

    from compared

)

select * from final
