{#
    dividend / divisor to so many decimals, rounded half away from zero: exact to the last of them in every database,
    where a `/` of one keeps sixteen digits and of another is a floating-point number. Both may be amounts of up to
    10^15, with four decimals. NULL where the divisor is 0, and where so little that the quotient does not fit into
    numeric(precision, digits).
#}
{% macro quotient(dividend, divisor, digits=2, precision=18) -%}
    {%- set dividend = 'cast(' ~ dividend ~ ' as numeric(28, 4))' -%}
    {%- set divisor = 'cast(' ~ divisor ~ ' as numeric(28, 4))' -%}
    cast(
        case
            when abs({{ dividend }}) < {{ 10 ** (precision - digits) - 1 }} * abs({{ divisor }})
                then {{ adapter.dispatch('exact_quotient')(dividend, divisor, digits) }}
        end as numeric({{ precision }}, {{ digits }})
    )
{%- endmacro %}

{# What is nearer to a half than forty decimals can tell is one, as the divisor has not so many digits. #}
{% macro postgres__exact_quotient(dividend, divisor, digits) -%}
    cast({{ dividend }} as numeric(68, 40)) / {{ divisor }}
{%- endmacro %}

{# In whole numbers: how often two divisors go into two dividends and a divisor, counted in the last digit. #}
{% macro default__exact_quotient(dividend, divisor, digits) -%}
    {%- set last_digit = '0.' ~ '0' * (digits - 1) ~ '1' -%}
    cast({{ adapter.dispatch('whole_quotient')(
        2 * 10 ** digits ~ ' * abs(' ~ dividend ~ ') + abs(' ~ divisor ~ ')',
        '2 * abs(' ~ divisor ~ ')'
    ) }} as numeric(18, 0))
    * case
        when ({{ dividend }} < 0) = ({{ divisor }} < 0) then {{ last_digit }}
        else -{{ last_digit }}
    end
{%- endmacro %}

{% macro default__whole_quotient(dividend, divisor) -%}
    ({{ dividend }}) div ({{ divisor }})
{%- endmacro %}

{# Of decimals it would be a floating-point number. #}
{% macro duckdb__whole_quotient(dividend, divisor) -%}
    cast(10000 * ({{ dividend }}) as hugeint) // cast(10000 * ({{ divisor }}) as hugeint)
{%- endmacro %}
