{# The key of a customer's place; NULL where nothing is known of it. #}
{% macro geography_key() -%}
    {%- set parts = ["source_name"] -%}
    {%- for part in ['country', 'state', 'city'] -%}
        {#- its length before each: a sign between two may be in a name -#}
        {%- set known = "coalesce(" ~ part ~ ", '')" -%}
        {%- do parts.extend([
            "'|'", "cast(" ~ dbt.length(known) ~ " as " ~ dbt.type_string() ~ ")", "'|'", known
        ]) -%}
    {%- endfor -%}
    case
        when coalesce(country, state, city) is not null
            then {{ hash_key(parts) }}
    end
{%- endmacro %}
