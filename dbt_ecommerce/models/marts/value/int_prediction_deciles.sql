with deciles as (

    select * from {{ source('ops', 'prediction_deciles') }}

),

parameters as (

    select * from {{ ref('int_churn_model_parameters') }}

),

order_days as (

    select * from {{ ref('fct_order_days') }}

),

first_days as (

    select
        ordered_on,
        count(*) as customers
    from order_days
    where order_day_number = 1
    group by ordered_on

),

-- of this shop, and of weeks that are over
over_by_now as (

    select
        deciles.*,
        cast(
            {{ dbt.dateadd('day', '7 * deciles.weeks', 'deciles.as_of_on') }}
            as date
        ) as last_day_on,
        parameters.as_of_on as known_until_on
    from deciles
    inner join parameters
        on
            deciles.sources = parameters.sources
            and parameters.as_of_on > {{ dbt.dateadd(
                'day', '7 * deciles.weeks', 'deciles.as_of_on'
            ) }}

),

fitted as (

    select
        as_of_on,
        sum(customers) as customers
    from over_by_now
    group by as_of_on

),

-- other files may have been loaded under the same name since
same_shop as (

    select fitted.as_of_on
    from fitted
    left join first_days on fitted.as_of_on >= first_days.ordered_on
    group by fitted.as_of_on, fitted.customers
    having
        {{ about_as_many(
            'fitted.customers', 'coalesce(sum(first_days.customers), 0)'
        ) }}

),

final as (

    select
        -- numerics
        over_by_now.weeks,
        over_by_now.decile,
        over_by_now.customers,
        over_by_now.expected_returns,
        over_by_now.variance,
        over_by_now.returned,

        -- dates
        over_by_now.as_of_on as fitted_on,
        over_by_now.last_day_on,
        over_by_now.known_until_on as as_of_on

    from over_by_now
    inner join same_shop on over_by_now.as_of_on = same_shop.as_of_on

)

select * from final
