{{ config(enabled='hubspot' in var('sources'), materialized='table') }}

with records as (

    select * from {{ ref(
        'base_hubspot__doctors' if var('hubspot_clinic')
        else 'base_hubspot__company_records'
    ) }}

),

with_company as (

    select
        *,
        coalesce(company_identity, company_id) as company
    from records

),

ranked as (

    select
        *,
        -- which was not deleted, then which is oldest; ids are numbers that
        -- grow
        row_number() over (
            partition by company
            order by
                is_deleted asc,
                created_at asc nulls last,
                {{ dbt.length('company_id') }} asc,
                company_id asc
        ) as survivor_rank
    from with_company

),

final as (

    select
        -- ids
        company_id,
        first_value(company_id) over (
            partition by company
            order by survivor_rank
        ) as surviving_company_id,

        -- strings
        company_name,
        domain_name,
        category,
        city,
        state,
        country,

        -- numerics
        survivor_rank,

        -- booleans
        is_deleted,

        -- timestamps
        created_at,
        deleted_at

    from ranked

)

select * from final
