{#
    To order orders by when they came. Where a source knows the day only, or two came at once, the shop's own
    numbers tell: 9 before 10, as numbers that count up get longer. `orders` names the relation, with its dot.
#}
{% macro by_time(direction='asc', orders='') -%}
    {{ orders }}ordered_at {{ direction }},
    {{ dbt.length(orders ~ 'order_id') }} {{ direction }},
    {{ bytewise(orders ~ 'order_id') }} {{ direction }},
    {{ orders }}order_key {{ direction }}
{%- endmacro %}
