{{ config(enabled='[[ shop ]]' in var('sources')) }}

with sales as (

    select
        *,
        -- of somebody who moved the latest address counts
        row_number() over (
            partition by customer_id
            order by [[ day ]] desc, order_id desc, line_no asc
        ) as recency,
        min([[ ordered_on ]]) over (
            partition by customer_id
        ) as signed_up_on
    from {{ ref('base_[[ shop ]]__sales') }}
    where rejected_because is null and customer_id is not null

),

final as (

    select
        -- ids
        customer_id,

        -- strings
[% for column in ["customer_name", "email", "city", "state", "country"] %]
        [[ text(column) ]],
[% endfor %]
        cast(null as {{ dbt.type_string() }}) as acquisition_channel,

        -- dates
        signed_up_on

    from sales
    where recency = 1

)

select * from final
