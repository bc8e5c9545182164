{#
    part / whole as a fraction with six digits; NULL where the whole is nothing, or so little that the
    fraction is 999 and more, which says nothing.
#}
{% macro share(part, whole) -%}
    {{ quotient(part, whole, digits=6, precision=9) }}
{%- endmacro %}
