{{ config(enabled='hubspot' in var('sources') and var('hubspot_clinic')) }}

with spend as (

    select * from {{ ref('hubspot_marketing_spend') }}

),

specialties as (

    select * from {{ ref('base_hubspot__specialties') }}

)

select
    -- strings
    coalesce(specialties.specialty, 'unassigned') as specialty,

    -- numerics
    cast(sum(spend.amount) as numeric(18, 4)) as amount,

    -- dates
    cast({{ dbt.date_trunc('month', 'spend.spend_month') }} as date)
        as month_starts_on

from spend
left join specialties
    on {{ plain(squeeze('spend.specialty')) }} = specialties.spelling
group by
    coalesce(specialties.specialty, 'unassigned'),
    cast({{ dbt.date_trunc('month', 'spend.spend_month') }} as date)
