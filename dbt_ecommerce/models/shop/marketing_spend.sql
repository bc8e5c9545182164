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

known as (

    select
        -- strings
        marketing_spend.source_name,
        marketing_spend.acquisition_channel,

        -- numerics
        marketing_spend.amount,

        -- dates
        marketing_spend.month_starts_on

    from marketing_spend
    -- what is spent in a month is known when it is over
    inner join as_of
        on
            cast(
                {{ dbt.dateadd('month', 1, 'marketing_spend.month_starts_on') }}
                as date
            ) <= as_of.as_of_on

)

select * from known
