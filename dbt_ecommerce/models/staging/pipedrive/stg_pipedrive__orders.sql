{{ config(
    enabled='pipedrive' in var('sources'),
    materialized='table',
    indexes=[{'columns': ['order_id'], 'unique': true}],
) }}

with deals as (

    select * from {{ ref('stg_pipedrive__deals') }}
    where is_won

),

final as (

    select
        -- ids
        deal_id as order_id,
        {{ 'organization_id' if var('pipedrive_customers') == 'organizations'
            else 'person_id' }} as customer_id,
        owner_id as seller_id,

        -- strings
        cast(null as {{ dbt.type_string() }}) as sales_channel,
        cast(null as {{ dbt.type_string() }}) as cancellation_reason,
        currency,

        -- booleans
        is_deleted as is_cancelled,
        false as is_returned,

        -- dates
        closed_on as ordered_on,
        deleted_on as cancelled_on,
        cast(null as date) as returned_on,

        -- timestamps
        closed_at as ordered_at

    from deals

)

select * from final
