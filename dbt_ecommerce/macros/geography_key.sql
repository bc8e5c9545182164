{# The key of a customer's place; NULL where nothing is known of it. #}
{% macro geography_key() -%}
    case
        when coalesce(country, state, city) is not null
            then {{ dbt.hash(dbt.concat([
                "source_name", "'|'",
                "coalesce(country, '')", "'|'",
                "coalesce(state, '')", "'|'",
                "coalesce(city, '')",
            ])) }}
    end
{%- endmacro %}
