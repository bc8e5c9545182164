{# sum(), but NULL where a row does not know its part: half a sum would be a wrong one. #}
{% macro known_sum(column) -%}
    case when count(*) = count({{ column }}) then sum({{ column }}) end
{%- endmacro %}
