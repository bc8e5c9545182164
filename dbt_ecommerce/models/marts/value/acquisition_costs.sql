with months as (

    select *
    from {{ ref('dim_months') }}
    where is_complete

),

marketing_spend as (

    select * from {{ ref('marketing_spend') }}

),

customers as (

    select * from {{ ref('int_acquired_customers') }}

),

-- who keeps no account of spend has no costs to tell, not costs of nothing
sources as (

    select distinct source_name
    from marketing_spend

),

-- the books may spell a channel otherwise: the customers' spelling counts
spellings as (

    select
        source_name,
        lower(acquisition_channel) as channel_key,
        min({{ bytewise('acquisition_channel') }}) as acquisition_channel
    from customers
    group by source_name, lower(acquisition_channel)

),

-- Of complete months only, be they before the first order: dim_months does not
-- have those.
spent as (

    select
        marketing_spend.source_name,
        coalesce(
            spellings.acquisition_channel, marketing_spend.acquisition_channel
        ) as acquisition_channel,
        marketing_spend.month_starts_on,
        marketing_spend.amount as spend,
        0 as new_customers
    from marketing_spend
    left join spellings
        on
            marketing_spend.source_name = spellings.source_name
            and lower(marketing_spend.acquisition_channel)
            = spellings.channel_key

),

won as (

    select
        customers.source_name,
        customers.acquisition_channel,
        customers.cohort_month as month_starts_on,
        cast(null as numeric(18, 4)) as spend,
        1 as new_customers
    from customers
    inner join sources on customers.source_name = sources.source_name
    inner join months on customers.cohort_month = months.month_starts_on

),

spent_and_won as (

    select * from spent
    union all
    select * from won

),

totals as (

    select
        source_name,
        acquisition_channel,
        month_starts_on,
        sum(spend) as spend,
        sum(new_customers) as new_customers
    from spent_and_won
    group by source_name, acquisition_channel, month_starts_on

),

final as (

    select
        -- ids
        source_name,

        -- strings
        acquisition_channel,

        -- numerics
        cast(spend as numeric(18, 2)) as spend,
        cast(new_customers as integer) as new_customers,
        {{ quotient('spend', 'new_customers') }} as cac,

        -- dates
        month_starts_on

    from totals

)

select * from final
