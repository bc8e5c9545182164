{{ config(
    enabled='hubspot' in var('sources'),
    materialized='table',
    indexes=[{'columns': ['order_item_id'], 'unique': true}],
) }}

select
    -- ids
    deal_id as order_item_id,
    deal_id as order_id,
    specialty as product_id,

    -- strings
    -- deals are called after patients, and names of products go to the channel
    specialty as product_name,

    -- numerics
    1 as quantity,
    -- a visit that nobody put a price on was a visit all the same
    coalesce(amount, cast(0 as numeric(18, 4))) as unit_price,
    cast(null as numeric(18, 4)) as discount

from {{ ref('stg_hubspot__deals') }}
where is_won
