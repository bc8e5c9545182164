with products as (

    select * from {{ ref('products') }}

)

select * from products
