{#
    The Gaussian hypergeometric function 2F1(a, b; c; z), 0 <= z < 1: the first
    terms of Gauss' series, by Horner's rule, as one expression. Each argument
    occurs once a term: give columns that are computed already.
#}
{% macro hyp2f1(a, b, c, z, terms) -%}
    {{ return(adapter.dispatch('hyp2f1')(a, b, c, z, terms)) }}
{%- endmacro %}

{% macro default__hyp2f1(a, b, c, z, terms) -%}
    {%- for n in range(terms) %}
    1 + ({{ a }} + {{ n }}) * ({{ b }} + {{ n }}) * {{ z }}
    / (({{ c }} + {{ n }}) * {{ n + 1 }}) * (
    {%- endfor -%} 1 {%- for n in range(terms) -%} ) {%- endfor -%}
{%- endmacro %}

{# Hundreds of brackets in brackets are too many for Spark's parser: the same steps in a loop. #}
{% macro spark__hyp2f1(a, b, c, z, terms) -%}
    aggregate(
        sequence({{ terms - 1 }}, 0, -1),
        cast(1 as double),
        (inner_terms, n) -> 1 + ({{ a }} + n) * ({{ b }} + n) * {{ z }}
        / (({{ c }} + n) * (n + 1)) * inner_terms
    )
{%- endmacro %}
