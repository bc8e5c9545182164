{{ config(materialized='view') }}

with weeks as (

    select * from {{ ref('dim_weeks') }}

),

months as (

    select * from {{ ref('dim_months') }}

),

final as (

    select
        'week' as period,
        week_starts_on as starts_on,
        week_ends_on as ends_on
    from weeks

    union all

    select
        'month' as period,
        month_starts_on as starts_on,
        month_ends_on as ends_on
    from months
    where is_complete

)

select * from final
