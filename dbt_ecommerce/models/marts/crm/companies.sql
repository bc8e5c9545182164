{{ config(enabled='hubspot' in var('sources')) }}

with deals as (

    select
        deals.*,
        links.company_id
    from {{ ref('int_deals') }} as deals
    inner join {{ ref('stg_hubspot__deals') }} as links
        on deals.deal_id = links.deal_id
    where deals.source_name = 'hubspot'

),

as_of as (

    select * from {{ ref('as_of') }}

),

-- a company that was deleted by then is none any more
companies as (

    select companies.*
    from {{ ref('stg_hubspot__companies') }} as companies
    inner join as_of
        on
            not companies.is_deleted
            or companies.deleted_on >= as_of.as_of_on

),

deals_of_companies as (

    select
        deals.*,
        coalesce(companies.company_id, 'unassigned') as known_company_id
    from deals
    left join companies on deals.company_id = companies.company_id

),

totals as (

    select
        known_company_id as company_id,
        count(*) as total_deals,
        sum(case when is_won then 1 else 0 end) as total_won_deals,
        sum(case when is_won then coalesce(amount, 0) else 0 end)
            as total_revenue,
        {{ quotient(
            'sum(case when is_won then amount end)',
            'count(case when is_won then amount end)'
        ) }} as average_deal_value,
        case
            when count(distinct currency) = 1 then min(currency)
            when count(distinct currency) > 1 then 'mixed'
        end as currency,
        min(case when is_won then closed_on end) as first_won_on,
        max(case when is_won then closed_on end) as last_won_on
    from deals_of_companies
    group by known_company_id

),

buckets as (

    select
        company_id,
        company_name,
        category,
        city,
        state
    from companies

    union all

    select
        'unassigned' as company_id,
        cast(null as {{ dbt.type_string() }}) as company_name,
        'unassigned' as category,
        cast(null as {{ dbt.type_string() }}) as city,
        cast(null as {{ dbt.type_string() }}) as state

),

final as (

    select
        -- ids
        buckets.company_id,

        -- strings
        buckets.company_name,
        buckets.category,
        buckets.city,
        buckets.state,
        totals.currency,

        -- numerics
        cast(coalesce(totals.total_deals, 0) as integer) as total_deals,
        cast(coalesce(totals.total_won_deals, 0) as integer) as total_won_deals,
        cast(coalesce(totals.total_revenue, 0) as numeric(18, 2))
            as total_revenue,
        totals.average_deal_value,

        -- dates
        totals.first_won_on,
        totals.last_won_on

    from buckets
    left join totals on buckets.company_id = totals.company_id

)

select * from final
