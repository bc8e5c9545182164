{{ config(enabled=crm_sources() != []) }}

with deals as (

    select
        *,
        cast({{ dbt.date_trunc('month', 'closed_on') }} as date)
            as month_starts_on
    from {{ ref('int_deals') }}
    where is_won

),

sellers as (

    select * from {{ ref('sellers') }}

),

summed as (

    select
        source_name,
        owner_id,
        month_starts_on,
        count(*) as won_deals,
        sum(coalesce(amount, 0)) as revenue,
        {{ quotient('sum(amount)', 'count(amount)') }} as average_deal_value,
        case
            when count(distinct currency) = 1 then min(currency)
            when count(distinct currency) > 1 then 'mixed'
        end as currency
    from deals
    group by source_name, owner_id, month_starts_on

),

final as (

    select
        -- ids
        summed.source_name,
        summed.owner_id,

        -- strings
        sellers.seller_name as owner_name,
        summed.currency,

        -- numerics
        cast(summed.won_deals as integer) as won_deals,
        cast(summed.revenue as numeric(18, 2)) as revenue,
        summed.average_deal_value,

        -- dates
        summed.month_starts_on

    from summed
    left join sellers
        on
            summed.source_name = sellers.source_name
            and summed.owner_id = sellers.seller_id

)

select * from final
