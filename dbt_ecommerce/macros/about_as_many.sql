{#
    Whether as many customers as a fit was made to are those of today on that day: a few more or less are orders
    that were called off or mended since, many are other files under the same name.
#}
{% macro about_as_many(fitted, known) -%}
    abs({{ fitted }} - {{ known }}) <= 3 + 0.1 * {{ known }}
{%- endmacro %}
