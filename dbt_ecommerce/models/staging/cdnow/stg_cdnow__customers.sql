{{ config(enabled='cdnow' in var('sources')) }}

with purchases as (

    select * from {{ ref('base_cdnow__purchases') }}
    where rejected_because is null

),

final as (

    select
        -- ids
        customer_id,

        -- strings
        cast(null as {{ dbt.type_string() }}) as customer_name,
        cast(null as {{ dbt.type_string() }}) as email,
        cast(null as {{ dbt.type_string() }}) as city,
        cast(null as {{ dbt.type_string() }}) as state,
        cast(null as {{ dbt.type_string() }}) as country,
        cast(null as {{ dbt.type_string() }}) as acquisition_channel,

        -- dates
        min(ordered_on) as signed_up_on

    from purchases
    group by customer_id

)

select * from final
