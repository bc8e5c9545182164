{#
    For a model whose groups are nearly as many as its rows. Postgres takes them to fit into memory; a table of
    hashes that does not goes through files piece by piece, which takes longer than sorting, and two processes
    would count nearly all groups twice.
#}
{% macro group_by_sorting() -%}
    {%- if target.type == 'postgres' -%}
        set local enable_hashagg = off;
        set local max_parallel_workers_per_gather = 0
    {%- endif -%}
{%- endmacro %}
