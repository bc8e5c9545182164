{#
    Whether an amount of money, or the units of a line, are more than any order's: a million millions, a
    hundred million units. One such line would bend every figure, and some of them are too many for the
    columns that hold sums.
#}
{% macro is_too_large(amount, units=none) -%}
    (
        abs({{ amount }}) >= 1000000000000
        {%- if units %} or abs({{ units }}) >= 100000000{% endif %}
    )
{%- endmacro %}
