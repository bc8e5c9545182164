{#
    The Gaussian hypergeometric function 2F1(a, b; c; z), 0 <= z < 1: the first
    terms of Gauss' series, by Horner's rule, as one expression. Each argument
    occurs once a term: give columns that are computed already.
#}
{% macro hyp2f1(a, b, c, z, terms) -%}
    {%- for n in range(terms) %}
    1 + ({{ a }} + {{ n }}) * ({{ b }} + {{ n }}) * {{ z }}
    / (({{ c }} + {{ n }}) * {{ n + 1 }}) * (
    {%- endfor -%} 1 {%- for n in range(terms) -%} ) {%- endfor -%}
{%- endmacro %}
