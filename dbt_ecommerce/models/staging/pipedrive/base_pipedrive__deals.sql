{{ config(enabled='pipedrive' in var('sources'), materialized='table') }}

with source as (

    select * from {{ source('pipedrive', 'pipedrive__deals') }}

),

renamed as (

    select
        -- ids
        {%- for id, column in {
            'deal_id': 'id',
            'pipeline_id': 'pipeline_id',
            'stage_id': 'stage_id',
            'owner_id': 'owner_id',
            'person_id': 'person_id',
            'organization_id': 'org_id',
        }.items() %}
        cast({{ column }} as {{ dbt.type_string() }}) as {{ id }},
        {%- endfor %}

        -- strings
        {{ squeeze('title') }} as deal_name,
        upper({{ squeeze('currency') }}) as currency,
        status,
        {{ squeeze('lost_reason') }} as lost_reason,
        {{ row_as_json('source') }} as source_row,

        -- numerics
        value,
        {{ try_cast('value', 'numeric') }} as amount,

        -- booleans
        coalesce(is_deleted, false) or coalesce(status = 'deleted', false)
            as is_deleted,

        -- timestamps
        {%- for moment in [
            'add_time', 'update_time', 'stage_change_time', 'won_time',
            'lost_time', 'close_time'
        ] %}
        {{ to_utc(moment) }} as {{ moment | replace('_time', '_at') }}
        {%- if not loop.last %},{% endif %}
        {%- endfor %}

    from source

),

-- the status of a deleted deal does not say any more how it had ended
ended as (

    select
        *,
        case
            when status in ('won', 'lost') then status = 'won'
            when status = 'deleted' and won_at is not null
                then lost_at is null or won_at > lost_at
            else false
        end as is_won,
        case
            when status in ('won', 'lost') then status = 'lost'
            when status = 'deleted' and lost_at is not null
                then won_at is null or won_at <= lost_at
            else false
        end as is_lost
    from renamed

),

closed as (

    select
        *,
        case
            when is_won then coalesce(won_at, close_at)
            when is_lost then coalesce(lost_at, close_at)
        end as closed_at
    from ended

),

checked as (

    select
        *,
        case
            when coalesce(add_at, closed_at) is null then 'add_time is missing'
            when is_won and closed_at is null then 'won_time is missing'
            when is_won and {{ is_too_early('closed_at') }}
                then 'won_time is before {{ var("earliest_order_on") }}'
            when is_won and {{ is_too_late('closed_at') }}
                then 'won_time is after {{ var("latest_order_on") }}'
            when value is not null and amount is null
                then 'value is not a number'
            when amount < 0 then 'value is negative'
            when {{ is_too_large('amount') }} then 'value is too large'
        end as rejected_because
    from closed

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
        rejected_because,
        case when rejected_because is not null then source_row end
            as source_row,

        -- numerics
        amount,

        -- booleans
        is_won,
        is_lost,
        is_deleted,

        -- timestamps
        add_at as created_at,
        stage_change_at as stage_changed_at,
        closed_at,
        -- what was deleted does not change any more
        case when is_deleted then update_at end as deleted_at

    from checked

)

select * from final
