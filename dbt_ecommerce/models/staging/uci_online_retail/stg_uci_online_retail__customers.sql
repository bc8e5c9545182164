{{ config(enabled='uci_online_retail' in var('sources')) }}

with invoice_lines as (

    select
        customer_id,
        country,
        cast(invoiced_at as date) as invoiced_on,
        -- a few customers moved: the latest country counts
        row_number() over (
            partition by customer_id
            order by invoiced_at desc, country asc nulls last
        ) as recency,
        min(cast(invoiced_at as date)) over (
            partition by customer_id
        ) as signed_up_on
    from {{ ref('base_uci_online_retail__invoice_lines') }}
    where rejected_because is null and customer_id is not null

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
        country,
        cast(null as {{ dbt.type_string() }}) as acquisition_channel,

        -- dates
        signed_up_on

    from invoice_lines
    where recency = 1

)

select * from final
