{#
    Fresh statistics for the table that was just built: without them the planner
    guesses, and a join of two new tables can take hours instead of a second.
#}
{% macro analyze() -%}
    {%- if target.type == 'postgres' and model.config.materialized != 'view' -%}
        analyze {{ this }}
    {%- endif -%}
{%- endmacro %}
