{{ config(enabled='pipedrive' in var('sources')) }}

with deals as (

    select * from {{ ref('base_pipedrive__deals') }}
    where rejected_because is null

),

final as (

    select
        -- ids
        deal_id,
        pipeline_id,
        stage_id,
        owner_id,
        person_id,
        organization_id,

        -- strings
        deal_name,
        currency,
        lost_reason,

        -- numerics
        amount,

        -- booleans
        is_won,
        is_lost,
        is_deleted,

        -- dates
        -- what was entered after the fact was there when it was closed
        least({{ shop_day('created_at') }}, {{ shop_day('closed_at') }})
            as opened_on,
        {{ shop_day('closed_at') }} as closed_on,
        {{ shop_day('deleted_at') }} as deleted_on,

        -- timestamps
        created_at,
        stage_changed_at,
        closed_at,
        deleted_at

    from deals

)

select * from final
