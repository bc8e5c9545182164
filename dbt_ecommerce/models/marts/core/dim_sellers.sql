with orders as (

    select * from {{ ref('fct_orders') }}

),

sellers as (

    select * from {{ ref('sellers') }}

),

-- who is listed but sold nothing yet is a seller all the same
selling as (

    select
        source_name,
        seller_id
    from orders
    where seller_id is not null

    union distinct

    select
        source_name,
        seller_id
    from sellers

),

final as (

    select
        -- ids
        {{ surrogate_key('selling.source_name', 'selling.seller_id') }}
            as seller_key,
        selling.source_name,
        selling.seller_id,

        -- strings
        coalesce(sellers.seller_name, selling.seller_id) as seller_name,
        sellers.state

    from selling
    left join sellers
        on
            selling.source_name = sellers.source_name
            and selling.seller_id = sellers.seller_id

)

select * from final
