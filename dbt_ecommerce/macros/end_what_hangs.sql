{#
    Lets Postgres end a query that takes longer than any should, or waits that long for a lock: whoever
    waits for it in vain goes away, and the server would not notice. For the transaction of this model or data test
    only, so that it is of no other session behind a pooler.
#}
{% macro end_what_hangs() -%}
    {%- if target.type == 'postgres' -%}
        set local statement_timeout = '{{ var("statement_timeout") }}';
        set local lock_timeout = '600s'
    {%- endif -%}
{%- endmacro %}

{# A data test has no hooks of its own. #}
{% macro postgres__get_test_sql(main_sql, fail_calc, warn_if, error_if, limit) -%}
    {{ end_what_hangs() }};
    {{ default__get_test_sql(main_sql, fail_calc, warn_if, error_if, limit) }}
{%- endmacro %}
