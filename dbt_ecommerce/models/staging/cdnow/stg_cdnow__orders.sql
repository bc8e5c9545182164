{{ config(
    enabled='cdnow' in var('sources'),
    materialized='table',
    indexes=[{'columns': ['order_id'], 'unique': true}],
) }}

with purchases as (

    select * from {{ ref('base_cdnow__purchases') }}
    where rejected_because is null

),

final as (

    select
        -- ids
        order_id,
        customer_id,
        cast(null as {{ dbt.type_string() }}) as seller_id,

        -- strings
        cast(null as {{ dbt.type_string() }}) as sales_channel,
        cast(null as {{ dbt.type_string() }}) as cancellation_reason,
        'USD' as currency,

        -- booleans
        false as is_cancelled,
        false as is_returned,

        -- dates
        ordered_on,
        cast(null as date) as cancelled_on,
        cast(null as date) as returned_on,

        -- timestamps
        cast(ordered_on as timestamp) as ordered_at

    from purchases

)

select * from final
