with customers as (

    select * from {{ ref('dim_customers') }}

),

states as (

    select * from {{ ref('states') }}

),

places as (

    select distinct
        {{ geography_key() }} as geography_key,
        source_name,
        city,
        state,
        country
    from customers

),

final as (

    select
        -- ids
        places.geography_key,
        places.source_name,

        -- strings
        places.city,
        places.state,
        states.state_name,
        states.region,
        places.country

    from places
    left join states
        on
            places.source_name = states.source_name
            and places.state = states.state
    where places.geography_key is not null

)

select * from final
