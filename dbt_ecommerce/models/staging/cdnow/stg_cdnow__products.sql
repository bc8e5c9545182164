{{ config(enabled='cdnow' in var('sources')) }}

-- the files name no products: no rows, but the columns every source has
select
    cast(null as {{ dbt.type_string() }}) as product_id,
    cast(null as {{ dbt.type_string() }}) as product_name,
    cast(null as {{ dbt.type_string() }}) as category,
    cast(null as numeric(18, 4)) as list_price,
    cast(null as numeric(18, 4)) as unit_cost,
    true as is_goods
where 1 = 0
