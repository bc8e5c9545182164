{{ config(enabled='hubspot' in var('sources') and var('hubspot_clinic')) }}

with companies as (

    select * from {{ ref('companies') }}
    where company_id != 'unassigned'

),

acquisitions as (

    select * from {{ ref('int_company_acquisitions') }}
    where company_id is not null

),

specialties as (

    select * from {{ ref('specialty_ltv_to_cac') }}

),

final as (

    select
        -- ids
        companies.company_id,

        -- strings
        companies.company_name,
        companies.category as specialty,

        -- numerics
        companies.total_revenue as ltv,
        specialties.cac,
        {{ quotient(
            'companies.total_revenue * specialties.new_companies',
            'specialties.spend',
            digits=4
        ) }} as ltv_to_cac,

        -- dates
        companies.first_won_on

    from companies
    -- whose winning no known money was spent on has no known cost
    left join acquisitions on companies.company_id = acquisitions.company_id
    left join specialties on acquisitions.specialty = specialties.specialty

)

select * from final
