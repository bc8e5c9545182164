{{ config(enabled='pipedrive' in var('sources'), materialized='table') }}

with deals as (

    select * from {{ source('pipedrive', 'pipedrive__deals') }}

),

deal_fields as (

    select * from {{ source('pipedrive', 'pipedrive__deal_fields') }}

),

options as (

    select
        deal_fields.field_code,
        {{ json_field('choice.item', 'id') }} as option_id,
        {{ json_field('choice.item', 'label') }} as option_label
    from deal_fields
    {{ json_rows('deal_fields.options', '', 'choice') }}

),

fields as (

    select
        deals.id as deal_id,
        field.name as field_code,
        field.item,
        {{ json_text('field.item') }} as item_text,
        -- an amount of money, an address, a span of time: what it begins with
        {{ json_field('field.item', 'value') }} as item_value,
        {{ json_field('field.item', 'currency') }} as currency
    from deals
    {{ json_entries('deals.custom_fields', 'field') }}

),

-- several options at once are a list of their ids
chosen as (

    select
        fields.deal_id,
        fields.field_code,
        {{ json_text('choice.item') }} as option_id
    from fields
    {{ json_rows('fields.item', '', 'choice') }}

),

chosen_labels as (

    select
        chosen.deal_id,
        chosen.field_code,
        {{ dbt.listagg(
            'coalesce(options.option_label, chosen.option_id)', "', '",
            'order by coalesce(options.option_label, chosen.option_id)'
        ) }} as labels
    from chosen
    left join options
        on
            chosen.field_code = options.field_code
            and chosen.option_id = options.option_id
    group by chosen.deal_id, chosen.field_code

),

final as (

    select
        -- ids
        cast(fields.deal_id as {{ dbt.type_string() }}) as deal_id,
        fields.field_code,

        -- strings
        coalesce({{ squeeze('deal_fields.field_name') }}, fields.field_code)
            as field_name,
        deal_fields.field_type,
        coalesce(
            chosen_labels.labels,
            options.option_label,
            fields.item_value,
            fields.item_text
        ) as field_value,
        fields.currency

    from fields
    left join deal_fields on fields.field_code = deal_fields.field_code
    left join options
        on
            fields.field_code = options.field_code
            and fields.item_text = options.option_id
    left join chosen_labels
        on
            fields.deal_id = chosen_labels.deal_id
            and fields.field_code = chosen_labels.field_code
    -- null, or nothing chosen
    where
        fields.item_text is not null
        and fields.item_text not in ('', '[]', '{}')

)

select * from final
