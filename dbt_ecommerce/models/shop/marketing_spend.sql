with marketing_spend as (

    {{ union_optional('marketing_spend', {
        'acquisition_channel': dbt.type_string(),
        'amount': 'numeric(18, 4)',
        'month_starts_on': 'date',
    }) }}

),

as_of as (

    select * from {{ ref('as_of') }}

),

trimmed as (

    select
        source_name,
        coalesce(nullif(trim(acquisition_channel), ''), 'unknown')
            as acquisition_channel,
        amount,
        cast({{ dbt.date_trunc('month', 'month_starts_on') }} as date)
            as month_starts_on
    from marketing_spend

),

known as (

    select trimmed.*
    from trimmed
    -- what is spent in a month is known when it is over
    inner join as_of
        on
            cast(
                {{ dbt.dateadd('month', 1, 'trimmed.month_starts_on') }}
                as date
            ) <= as_of.as_of_on

),

-- Instagram and instagram are one channel, and a channel may have been paid
-- for more than once in a month
final as (

    select
        -- strings
        source_name,
        min({{ bytewise('acquisition_channel') }}) as acquisition_channel,

        -- numerics
        cast(sum(amount) as numeric(18, 4)) as amount,

        -- dates
        month_starts_on

    from known
    group by source_name, lower(acquisition_channel), month_starts_on

)

select * from final
