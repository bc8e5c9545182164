{{ config(enabled='hubspot' in var('sources') and var('hubspot_clinic')) }}

with companies as (

    select
        *,
        cast({{ dbt.date_trunc('month', 'first_won_on') }} as date)
            as month_starts_on
    from {{ ref('companies') }}
    where company_id != 'unassigned' and first_won_on is not null

),

as_of as (

    select * from {{ ref('as_of') }}

),

-- what is spent in a month is known when it is over
spend as (

    select spend.*
    from {{ ref('stg_hubspot__specialty_spend') }} as spend
    inner join as_of
        on
            cast(
                {{ dbt.dateadd('month', 1, 'spend.month_starts_on') }} as date
            ) <= as_of.as_of_on

)

-- companies that were won in a month of known spend, and that spend
select
    spend.specialty,
    spend.month_starts_on,
    spend.amount,
    companies.company_id,
    companies.total_revenue,
    row_number() over (
        partition by spend.specialty, spend.month_starts_on
        order by companies.company_id
    ) as company_rank
from spend
left join companies
    on
        spend.specialty = companies.category
        and spend.month_starts_on = companies.month_starts_on
