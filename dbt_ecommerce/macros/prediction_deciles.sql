{#
    What a fit foresaw of the weeks since, and what came: include/churn_model writes it with a fit that is
    compared with what came.
#}
{% macro prediction_deciles_ddl() -%}
    create table if not exists {{ ops('prediction_deciles') }} (
        sources {{ dbt.type_string() }} not null,
        as_of_on date not null,
        weeks integer not null,
        decile integer not null,
        customers integer not null,
        expected_returns {{ type_double() }} not null,
        variance {{ type_double() }} not null,
        returned integer not null
        {%- if target.type != 'spark' %},
        primary key (sources, as_of_on, decile)
        {%- endif %}
    )
{%- endmacro %}
