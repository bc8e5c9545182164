with final as (

    {{ union_optional('sellers', {
        'seller_id': dbt.type_string(),
        'seller_name': dbt.type_string(),
        'state': dbt.type_string(),
    }) }}

)

select * from final
