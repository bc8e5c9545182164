{#
    Money that was written with cents, of whose decimal mark nothing is known: 79.90, 79,90, R$ 1.234,56 and 1,234.56 can
    each be read one way only. NULL where the last mark is not before one or two digits, as in 1.500, and where there is
    no number.
#}
{% macro money_with_cents(column) -%}
    {%- set text = (
        "trim(replace(cast(" ~ column ~ " as " ~ dbt.type_string() ~ "), 'R$', ''))"
    ) -%}
    {%- set written -%}
        case
            when {{ text }} like '%,_' or {{ text }} like '%,__'
                then replace(replace({{ text }}, '.', ''), ',', '.')
            when {{ text }} like '%._' or {{ text }} like '%.__'
                then replace({{ text }}, ',', '')
            when {{ text }} not like '%,%' and {{ text }} not like '%.%'
                then {{ text }}
        end
    {%- endset -%}
    {{ try_cast(written, 'numeric') }}
{%- endmacro %}
