{{ union_sources('rejected_rows', [
    'landing_table',
    'rejected_because',
    'source_row',
]) }}
