{#
    part / whole as a fraction with six digits; NULL where the whole is nothing, or so little that the
    fraction is a thousand and more, which says nothing.
#}
{% macro share(part, whole) -%}
    cast(
        case
            when abs({{ part }}) < 1000 * abs({{ whole }})
                then cast({{ part }} as numeric(28, 6)) / nullif({{ whole }}, 0)
        end as numeric(9, 6)
    )
{%- endmacro %}
