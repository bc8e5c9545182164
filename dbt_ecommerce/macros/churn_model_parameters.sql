{#
    The table that include/churn_model writes and the models of marts/value
    read.
#}
{% macro churn_model_parameters_ddl() -%}
    create table if not exists {{ ops('churn_model_parameters') }} (
        sources {{ dbt.type_string() }} not null,
        model {{ dbt.type_string() }} not null,
        as_of_on date not null,
        customers integer not null,
        r {{ type_double() }},
        alpha {{ type_double() }},
        a {{ type_double() }},
        b {{ type_double() }},
        p {{ type_double() }},
        q {{ type_double() }},
        gamma {{ type_double() }},
        log_likelihood {{ type_double() }},
        holdout_weeks integer,
        holdout_correlation {{ type_double() }},
        declined_because {{ dbt.type_string() }}
        {%- if target.type != 'spark' %},
        primary key (sources, model, as_of_on)
        {%- endif %}
    )
{%- endmacro %}
