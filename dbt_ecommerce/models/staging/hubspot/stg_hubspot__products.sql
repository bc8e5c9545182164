{{ config(enabled='hubspot' in var('sources')) }}

-- what is sold is a consultation, and its kind the specialty
select distinct
    -- ids
    specialty as product_id,

    -- strings
    specialty as product_name,
    specialty as category,

    -- numerics
    cast(null as numeric(18, 4)) as list_price,
    cast(null as numeric(18, 4)) as unit_cost,

    -- booleans
    true as is_goods

from {{ ref('stg_hubspot__deals') }}
where is_won
