with final as (

    {{ union_optional('sales_channels', {
        'sales_channel': dbt.type_string(),
        'sales_channel_name': dbt.type_string(),
    }) }}

)

select * from final
