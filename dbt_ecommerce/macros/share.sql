{# part / whole as a fraction with six digits; NULL where the whole is nothing. #}
{% macro share(part, whole) -%}
    cast(
        cast({{ part }} as numeric(18, 6)) / nullif({{ whole }}, 0)
        as numeric(9, 6)
    )
{%- endmacro %}
