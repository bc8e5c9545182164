with contacts as (

    select * from {{ source('ops', 'contacts') }}

),

by_recency as (

    select
        *,
        row_number() over (
            partition by listed_on, customer_key
            order by noted_at desc, tap desc
        ) as recency
    from contacts

),

final as (

    select
        -- ids
        customer_key,

        -- strings
        outcome,

        -- dates
        listed_on

    from by_recency
    where recency = 1 and outcome != 'undone'

)

select * from final
