{{ config(
    enabled='cdnow' in var('sources'),
    materialized='table',
) }}

with source as (

    select * from {{ source('cdnow', 'cdnow__cdnow') }}

),

cast_to_types as (

    select
        nullif(trim(cast(customer_id as {{ dbt.type_string() }})), '')
            as customer_id,
        {{ whole_row('source') }} as source_row,
        {{ try_cast('cds', 'integer') }} as cds,
        {{ try_cast('amount', 'numeric') }} as amount,
        {{ try_cast('order_date', 'date') }} as ordered_on
    from source
    {{ computed_once() }}

),

checked as (

    select
        *,
        case
            when customer_id is null then 'customer_id is missing'
            when ordered_on is null then 'order_date is not a date'
            when {{ is_too_early('ordered_on') }}
                then 'order_date is before {{ var("earliest_order_on") }}'
            when {{ is_too_late('ordered_on') }}
                then 'order_date is after {{ var("latest_order_on") }}'
            when amount is null then 'amount is not a number'
            when amount < 0 then 'amount is negative'
            when {{ is_too_large('amount') }} then 'amount is too large'
        end as rejected_because
    from cast_to_types

),

numbered as (

    select
        -- ids
        customer_id,
        -- there is no order number: the customer's how-manieth purchase it is
        row_number() over (
            partition by customer_id, rejected_because
            order by
                ordered_on asc nulls last,
                amount asc nulls last,
                cds asc nulls last
        ) as purchase_no,

        -- strings
        rejected_because,
        case
            when rejected_because is not null
                then {{ row_as_json('source_row') }}
        end as source_row,

        -- numerics
        amount,

        -- dates
        ordered_on

    from checked

),

final as (

    select
        *,
        {{ dbt.concat([
            "customer_id",
            "'-'",
            "cast(purchase_no as " ~ dbt.type_string() ~ ")",
        ]) }} as order_id
    from numbered

)

select * from final
