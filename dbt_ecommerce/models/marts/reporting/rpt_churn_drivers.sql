{%- set drivers_shown = 3 -%}

with as_of as (

    select * from {{ ref('as_of') }}

),

churn_drivers as (

    select * from {{ ref('churn_drivers') }}

),

-- the contributions of a dimension add up to the change of the whole
weekly as (

    select
        *,
        round(sum(contribution) over (partition by dimension), 6)
            as change_of_whole
    from churn_drivers
    where period = 'week'

),

-- the ones that can be named and that went the way the whole rate went
telling as (

    select
        *,
        row_number() over (
            partition by dimension
            order by abs(contribution) desc, {{ bytewise('segment') }} asc
        ) as rank_in_dimension
    from weekly
    where
        contribution * change_of_whole > 0
        and segment not in ('unknown', 'other')

),

ranked as (

    select
        *,
        row_number() over (
            order by abs(contribution) desc, dimension asc
        ) as driver_rank
    from telling
    where rank_in_dimension = 1

),

final as (

    select
        -- strings
        ranked.dimension,
        ranked.segment,

        -- numerics
        cast(ranked.driver_rank as integer) as driver_rank,
        ranked.churned_from_start,
        ranked.churned_from_start_before,
        ranked.churn_rate,
        ranked.churn_rate_before,
        ranked.contribution,

        -- dates
        as_of.as_of_on

    from ranked
    cross join as_of
    where ranked.driver_rank <= {{ drivers_shown }}

)

select * from final
