{{ config(
    enabled='cdnow' in var('sources'),
    materialized='table',
    indexes=[{'columns': ['order_item_id'], 'unique': true}],
) }}

with purchases as (

    select * from {{ ref('base_cdnow__purchases') }}
    where rejected_because is null

),

final as (

    select
        -- ids
        order_id as order_item_id,
        order_id,
        cast(null as {{ dbt.type_string() }}) as product_id,

        -- strings
        cast(null as {{ dbt.type_string() }}) as product_name,

        -- numerics
        -- the file says how many CDs but not what each cost
        1 as quantity,
        amount as unit_price,
        cast(null as numeric(18, 4)) as discount

    from purchases

)

select * from final
