{{ config(enabled='demo_shop' in var('sources')) }}

-- Nothing disappears between the demo shop's export and staging.
with counts as (

    select
        'raw_orders' as landing_table,
        (select count(*) from {{ ref('raw_orders') }}) as landed_rows,
        (select count(*) from {{ ref('stg_demo_shop__orders') }}) as staged_rows

    union all

    select
        'raw_order_items' as landing_table,
        (select count(*) from {{ ref('raw_order_items') }}) as landed_rows,
        (select count(*) from {{ ref('stg_demo_shop__order_items') }})
            as staged_rows

),

rejections as (

    select
        landing_table,
        count(*) as rejected_rows
    from {{ ref('rejected_rows') }}
    where source_name = 'demo_shop'
    group by landing_table

)

select
    counts.*,
    rejections.rejected_rows
from counts
left join rejections on counts.landing_table = rejections.landing_table
where
    counts.landed_rows
    != counts.staged_rows + coalesce(rejections.rejected_rows, 0)
