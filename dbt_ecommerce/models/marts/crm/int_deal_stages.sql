{{ config(enabled=crm_sources() != []) }}

{{ union_sources('deal_stages', [
    'pipeline_id',
    'stage_id',
    'pipeline_name',
    'stage_name',
    'display_order',
    'is_closed',
    'is_won',
    'is_deleted',
], crm_sources()) }}
