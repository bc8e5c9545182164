{#
    What people did about the customers of a list, a row a tap: include/contacts writes it, for the bot and for
    whatever else shows the list.
#}
{% macro contacts_ddl() -%}
    create table if not exists {{ ops('contacts') }} (
        tap {{ dbt.type_string() }} not null,
        listed_on date not null,
        customer_key {{ key_type() }} not null,
        outcome {{ dbt.type_string() }} not null,
        noted_by {{ dbt.type_string() }} not null,
        noted_through {{ dbt.type_string() }} not null,
        noted_at {{ 'timestamp' if target.type == 'spark' else 'timestamptz' }} not null
        {%- if target.type != 'spark' %},
        primary key (tap)
        {%- endif %}
    )
{%- endmacro %}
