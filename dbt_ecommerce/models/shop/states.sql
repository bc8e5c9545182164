with final as (

    {{ union_optional('states', {
        'state': dbt.type_string(),
        'state_name': dbt.type_string(),
        'region': dbt.type_string(),
    }) }}

)

select * from final
