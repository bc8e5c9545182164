{#
    ops.data_tests: one row a data test, how it ended when it last ran. The
    report reads from it whether what it tells was tested and sound. It is read from
    Postgres only, and Spark's tables cannot be changed in place: there it is not kept.
#}
{% macro data_tests_ddl() -%}
    create table if not exists {{ ops('data_tests') }} (
        test_name {{ dbt.type_string() }} not null primary key,
        status {{ dbt.type_string() }} not null,
        failures integer
    )
{%- endmacro %}

{% macro record_data_tests(results) -%}
    {%- set rows = [] -%}
    {%- set known = [] -%}
    {%- if execute and target.type != 'spark' -%}
        {%- for result in results if result.node.resource_type == 'test' and result.status != 'skipped' -%}
            {%- do rows.append(
                "('" ~ result.node.name ~ "', '" ~ result.status ~ "', "
                ~ (result.failures if result.failures is not none else 'null') ~ ")"
            ) -%}
        {%- endfor -%}
    {%- endif -%}
    {%- if rows -%}
        {%- for node in graph.nodes.values() if node.resource_type == 'test' -%}
            {%- do known.append("'" ~ node.name ~ "'") -%}
        {%- endfor -%}
        delete from {{ ops('data_tests') }}
        where
            test_name not in ({{ known | join(', ') }})
            or test_name in (
                select test_name
                from (values {{ rows | join(', ') }})
                    as ended (test_name, status, failures)
            );
        insert into {{ ops('data_tests') }} values {{ rows | join(', ') }}
    {%- endif -%}
{%- endmacro %}
