with customer_rfm as (

    select * from {{ ref('customer_rfm') }}

),

final as (

    select
        -- strings
        coalesce(previous_segment, 'not a customer yet') as from_segment,
        rfm_segment as to_segment,

        -- numerics
        cast(count(*) as integer) as customers,
        cast(sum(revenue) as numeric(18, 2)) as revenue

    from customer_rfm
    group by coalesce(previous_segment, 'not a customer yet'), rfm_segment

)

select * from final
