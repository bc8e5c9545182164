{%- set week_starts_on = (
    'cast('
    ~ dbt.dateadd('day', -7, dbt.date_trunc('week', 'as_of.as_of_on'))
    ~ ' as date)'
) -%}

with as_of as (

    select * from {{ ref('as_of') }}

),

customers as (

    select * from {{ ref('dim_customers') }}

),

fits as (

    select * from {{ source('ops', 'churn_model_parameters') }}

),

order_days as (

    select * from {{ ref('fct_order_days') }}

),

source_names as (

    select distinct source_name from customers

),

shop as (

    select
        coalesce(
            {{ dbt.listagg(
                'source_name', "','", 'order by source_name'
            ) }},
            ''
        ) as sources
    from source_names

),

-- How many customers there were on the day of a fit, as the orders say now. By
-- day first: there are few of them.
first_days as (

    select
        ordered_on,
        count(*) as customers
    from order_days
    where order_day_number = 1
    group by ordered_on

),

fit_days as (

    select distinct as_of_on from fits

),

customers_then as (

    select
        fit_days.as_of_on,
        coalesce(sum(first_days.customers), 0) as customers
    from fit_days
    left join first_days on fit_days.as_of_on >= first_days.ordered_on
    group by fit_days.as_of_on

),

-- What a week is predicted with comes from before it, and from the same shop:
-- other files may have been loaded under its name since. A few customers more
-- or less are orders that were called off or mended.
earlier_fits as (

    select
        fits.*,
        row_number() over (
            partition by fits.model order by fits.as_of_on desc
        ) as newest_rank
    from fits
    inner join shop on fits.sources = shop.sources
    inner join as_of on fits.as_of_on < {{ week_starts_on }}
    inner join customers_then on fits.as_of_on = customers_then.as_of_on
    where {{ about_as_many('fits.customers', 'customers_then.customers') }}

),

newest_fits as (

    select * from earlier_fits
    where newest_rank = 1

),

-- a fit that was measured, and by weeks that are over on the as-of date
measured_fits as (

    select
        earlier_fits.holdout_weeks,
        earlier_fits.holdout_correlation,
        row_number() over (
            order by earlier_fits.as_of_on desc
        ) as newest_rank
    from earlier_fits
    inner join as_of
        on {{ dbt.dateadd(
            'day', '7 * earlier_fits.holdout_weeks', 'earlier_fits.as_of_on'
        ) }} < as_of.as_of_on
    where
        earlier_fits.model = 'mbg_nbd'
        and earlier_fits.declined_because is null
        and earlier_fits.holdout_correlation is not null

),

final as (

    select
        -- dates
        as_of.as_of_on,
        case when mbg_nbd.declined_because is null then mbg_nbd.as_of_on end
            as parameters_as_of_on,

        -- strings
        shop.sources,
        mbg_nbd.declined_because,

        -- numerics: MBG/NBD
        case when mbg_nbd.declined_because is null then mbg_nbd.r end as r,
        case when mbg_nbd.declined_because is null then mbg_nbd.alpha end
            as alpha,
        case when mbg_nbd.declined_because is null then mbg_nbd.a end as a,
        case when mbg_nbd.declined_because is null then mbg_nbd.b end as b,

        -- numerics: Gamma-Gamma
        case when gamma_gamma.declined_because is null then gamma_gamma.p end
            as p,
        case when gamma_gamma.declined_because is null then gamma_gamma.q end
            as q,
        case
            when gamma_gamma.declined_because is null then gamma_gamma.gamma
        end as gamma,

        -- numerics: how good it was
        measured_fits.holdout_weeks,
        measured_fits.holdout_correlation

    from as_of
    cross join shop
    left join newest_fits as mbg_nbd on mbg_nbd.model = 'mbg_nbd'
    left join newest_fits as gamma_gamma on gamma_gamma.model = 'gamma_gamma'
    left join measured_fits on measured_fits.newest_rank = 1

)

select * from final
