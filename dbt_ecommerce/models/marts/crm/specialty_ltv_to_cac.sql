{{ config(enabled='hubspot' in var('sources') and var('hubspot_clinic')) }}

with acquisitions as (

    select * from {{ ref('int_company_acquisitions') }}

),

totals as (

    select
        specialty,
        count(distinct month_starts_on) as months,
        -- a month's spend stands in each of its rows
        sum(case when company_rank = 1 then amount else 0 end) as spend,
        count(company_id) as new_companies,
        coalesce(sum(total_revenue), 0) as revenue
    from acquisitions
    group by specialty

),

final as (

    select
        -- ids
        specialty,

        -- numerics
        cast(months as integer) as months,
        cast(spend as numeric(18, 2)) as spend,
        cast(new_companies as integer) as new_companies,
        cast(revenue as numeric(18, 2)) as revenue,
        {{ quotient('revenue', 'new_companies') }} as ltv,
        {{ quotient('spend', 'new_companies') }} as cac,
        {{ quotient(
            'revenue', 'case when new_companies > 0 then spend end', digits=4
        ) }} as ltv_to_cac

    from totals

)

select * from final
