{#
    The lists that were told: include/report/told.py writes them when a list is delivered, with what the model
    expected then.
#}
{% macro told_customers_ddl() -%}
    create table if not exists {{ ops('told_customers') }} (
        as_of_on date not null,
        customer_key {{ key_type() }} not null,
        is_control boolean not null,
        risk_rank integer,
        probability_alive {{ type_double() }},
        expected_order_days {{ type_double() }},
        prediction_days integer not null,
        value_at_stake numeric(18, 2),
        {%- for weeks in outcome_weeks() %}
        return_probability_{{ weeks }} numeric(9, 6),
        {%- endfor %}
        report {{ dbt.type_string() }} not null,
        period_starts_on date not null,
        chat {{ dbt.type_string() }} not null
        {%- if target.type != 'spark' %},
        primary key (as_of_on, customer_key)
        {%- endif %}
    )
{%- endmacro %}

{# After so many weeks it is looked who came back. #}
{% macro outcome_weeks() -%}
    {{ return([2, 4, 8, 13]) }}
{%- endmacro %}

{% macro key_type() -%}
    {{ return('string' if target.type == 'spark' else 'uuid') }}
{%- endmacro %}
