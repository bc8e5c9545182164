{#
    In a unit test a key is a word of up to 16 letters: its letters, padded, are the uuid, so that keys are in the
    order of their words.
#}
{% macro postgres__safe_cast(field, type) -%}
    {%- if type == 'uuid' and field != 'null' and field | length <= 18 -%}
        cast(rpad(encode({{ field }}, 'hex'), 32, '0') as uuid)
    {%- else -%}
        cast({{ field }} as {{ type }})
    {%- endif -%}
{%- endmacro %}
