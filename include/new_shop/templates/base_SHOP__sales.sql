{{ config(
    enabled='[[ shop ]]' in var('sources'),
    materialized='table'
) }}

with source as (

    select * from {{ source('[[ shop ]]', '[[ shop ]]__sales') }}

),

cast_to_types as (

    select
        -- ids
[% for column in ids %]
        nullif(trim([[ column ]]), '') as [[ column ]],
[% endfor %]

        -- strings
[% for column in strings %]
        nullif(trim([[ column ]]), '') as [[ column ]],
[% endfor %]
        {{ whole_row('source') }} as source_row,

        -- numerics
        _row as row_no,
[% if has_quantity %]
        {{ try_cast('quantity', '[[ quantity_type ]]') }} as quantity,
[% else %]
        1 as quantity,
[% endif %]
[% if has_amount %]
        {{ try_cast('amount', 'numeric') }} as amount,
[% else %]
        {{ try_cast('unit_price', 'numeric') }} as unit_price,
[% endif %]
[% if is_discount_off %]
        -- none where it is blank, and some programs write it below zero
        case
            when
                nullif(
                    trim(cast(discount as {{ dbt.type_string() }})), ''
                ) is null
                then 0
            else abs({{ try_cast('discount', 'numeric') }})
        end as discount,
[% elif has_discount %]
        {{ try_cast('discount', 'numeric') }} as discount,
[% endif %]

        -- dates
        nullif(
            trim(cast([[ day ]] as {{ dbt.type_string() }})), ''
        ) as day_as_typed,
[% if has_times %]
        {{ try_cast(
            'ordered_at', 'timestamp', '[[ time_zone ]]'
        ) }} as line_ordered_at
[% else %]
        {{ try_cast('ordered_on', 'date') }} as line_ordered_on
[% endif %]

    from source
    {{ computed_once() }}

),

with_day_of_order as (

    select
        *,
        -- some programs write it in the first line of an order only
        min(line_[[ day ]]) over (partition by order_id) as [[ day ]]
    from cast_to_types

),

checked as (

    select
        *,
        case
            when order_id is null then 'order_id is missing'
            when day_as_typed is not null and line_[[ day ]] is null
                then '[[ day ]] is not a date'
            when [[ day ]] is null then '[[ day ]] is missing'
            when {{ is_too_early('[[ day ]]') }}
                then '[[ day ]] is before {{ var("earliest_order_on") }}'
            when {{ is_too_late('[[ day ]]') }}
                then '[[ day ]] is after {{ var("latest_order_on") }}'
[% if has_quantity %]
            when quantity is null
                then 'quantity is not a [[ "number" if is_weighed else "whole number" ]]'
            when quantity <= 0 then 'quantity is not positive'
[% endif %]
            when [[ money ]] is null then '[[ money ]] is not a number'
            when [[ money ]] < 0 then '[[ money ]] is negative'
            when {{ is_too_large('[[ before_discount ]]', 'quantity') }}
                then 'quantity or [[ money ]] is too large'
[% if is_discount_off %]
            when discount is null then 'discount is not a number'
            when discount > quantity * unit_price
                then 'discount is more than the line'
[% endif %]
        end as rejected_because
    from with_day_of_order

),

final as (

    select
        -- ids
        order_id,
        -- the export has no line numbers, but its rows have an order
        row_number() over (
            partition by order_id order by row_no
        ) as line_no,
[% for column in ids[1:] %]
        [[ column ]],
[% endfor %]

        -- strings
[% for column in strings %]
        [[ column ]],
[% endfor %]
        rejected_because,
        case
            when rejected_because is not null
                then {{ row_as_json('source_row') }}
        end as source_row,

        -- numerics
        quantity,
        [[ money ]],
[% if has_discount %]
        discount,
[% endif %]

        -- dates
        [[ day ]]

    from checked

)

select * from final
