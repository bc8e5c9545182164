{{ config(enabled='hubspot' in var('sources'), materialized='table') }}

with companies as (

    select * from {{ ref('base_hubspot__companies') }}

),

-- what the survivor does not know is taken from the next one that does
filled as (

    select
        surviving_company_id as company_id,
        survivor_rank,
        {%- for column in [
            'company_name', 'domain_name', 'category', 'city', 'state',
            'country'
        ] %}
        first_value({{ column }}) over (
            partition by surviving_company_id
            order by
                case when {{ column }} is null then 1 else 0 end, survivor_rank
        ) as {{ column }},
        {%- endfor %}
        is_deleted,
        min(created_at) over (
            partition by surviving_company_id
        ) as created_at,
        deleted_at
    from companies

),

final as (

    select
        -- ids
        company_id,

        -- strings
        company_name,
        domain_name,
        coalesce(category, 'unassigned') as category,
        city,
        state,
        country,

        -- booleans
        is_deleted,

        -- dates
        {{ shop_day('deleted_at') }} as deleted_on,

        -- timestamps
        created_at,
        deleted_at

    from filled
    where survivor_rank = 1

)

select * from final
