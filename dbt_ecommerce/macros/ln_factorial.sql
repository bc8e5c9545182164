{#
    The natural logarithm of n!, n a number of whole size from 0 on, by the first terms of Stirling's series for
    ln Γ(n + 1) (Abramowitz, Stegun 1964, 6.1.41): nowhere off by more than 0.0003, from n = 1 on by 0.000003. A
    database's own function, where there is one, has another name in each.
#}
{% macro ln_factorial(n) -%}
    (({{ n }} + 0.5) * ln({{ n }} + 1.0) - ({{ n }} + 1.0) + 0.918938533204673
    + 1 / (12.0 * ({{ n }} + 1.0))
    - 1 / (360.0 * power({{ n }} + 1.0, 3))
    + 1 / (1260.0 * power({{ n }} + 1.0, 5)))
{%- endmacro %}
