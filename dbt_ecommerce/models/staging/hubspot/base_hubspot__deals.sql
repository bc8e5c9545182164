{{ config(enabled='hubspot' in var('sources'), materialized='table') }}

with source as (

    select * from {{ source('hubspot', 'hubspot__deals') }}

),

mergers as (

    select * from {{ ref('base_hubspot__merges') }}
    where object_type = 'deal'

),

stages as (

    select * from {{ ref('stg_hubspot__deal_stages') }}

),

stage_entries as (

    select
        deal_id,
        stage_id,
        max(entered_at) as entered_at
    from {{ ref('base_hubspot__deal_stage_entries') }}
    group by deal_id, stage_id

),

properties as (

    select
        source.id as deal_id,
        {%- for property in [
            'dealname', 'pipeline', 'dealstage', 'amount', 'closedate',
            'createdate', 'deal_currency_code', 'hubspot_owner_id',
            'hs_is_closed', 'hs_is_closed_won'
        ] %}
        {{ squeeze(json_field('source.properties', property)) }}
            as {{ property }},
        {%- endfor %}
        coalesce(source.archived, false) as is_deleted,
        source.created_at,
        case
            when source.archived
                then coalesce(source.archived_at, source.updated_at)
        end as deleted_at,
        {{ row_as_json('source') }} as source_row
    from source
    -- a deal that HubSpot merged into another one is that one
    left join mergers on source.id = mergers.record_id
    where mergers.record_id is null

),

cast_to_types as (

    select
        properties.*,
        {{ try_cast('properties.amount', 'numeric') }} as amount_as_number,
        {{ to_utc(try_cast('properties.closedate', 'timestamptz')) }}
            as close_date_at,
        coalesce(
            {{ to_utc('properties.created_at') }},
            {{ to_utc(try_cast('properties.createdate', 'timestamptz')) }}
        ) as made_at,
        -- a stage that its pipeline does not have any more says nothing
        coalesce(stages.is_won, properties.hs_is_closed_won = 'true', false)
            as is_won,
        coalesce(stages.is_closed, properties.hs_is_closed = 'true', false)
            as is_closed,
        stage_entries.entered_at
    from properties
    left join stages on properties.dealstage = stages.stage_id
    left join stage_entries
        on
            properties.deal_id = stage_entries.deal_id
            and properties.dealstage = stage_entries.stage_id

),

-- the close date that people may set by hand, else when the stage was reached
closed as (

    select
        *,
        case when is_closed then coalesce(close_date_at, entered_at) end
            as closed_at
    from cast_to_types

),

checked as (

    select
        *,
        case
            when coalesce(made_at, closed_at) is null
                then 'createdate is missing'
            when is_won and closedate is not null and close_date_at is null
                then 'closedate is not a date'
            when is_won and closed_at is null then 'closedate is missing'
            when is_won and {{ is_too_early('closed_at') }}
                then 'closedate is before {{ var("earliest_order_on") }}'
            when is_won and {{ is_too_late('closed_at') }}
                then 'closedate is after {{ var("latest_order_on") }}'
            when amount is not null and amount_as_number is null
                then 'amount is not a number'
            when amount_as_number < 0 then 'amount is negative'
            when {{ is_too_large('amount_as_number') }}
                then 'amount is too large'
        end as rejected_because
    from closed

),

final as (

    select
        -- ids
        deal_id,
        pipeline as pipeline_id,
        dealstage as stage_id,
        hubspot_owner_id as owner_id,

        -- strings
        dealname as deal_name,
        coalesce(upper(deal_currency_code), '{{ var("hubspot_currency") }}')
            as currency,
        rejected_because,
        case when rejected_because is not null then source_row end
            as source_row,

        -- numerics
        amount_as_number as amount,

        -- booleans
        is_won,
        is_closed and not is_won as is_lost,
        is_deleted,

        -- timestamps
        made_at as created_at,
        closed_at,
        {{ to_utc('deleted_at') }} as deleted_at

    from checked

)

select * from final
