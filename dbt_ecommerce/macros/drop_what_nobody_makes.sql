{#
    Drops the tables of earlier versions that no model makes any more, and views of them, as dbt does where it
    makes a table anew. By name, and nothing else: what people put beside them stays.
#}
{% macro drop_what_nobody_makes() -%}
    {%- if execute and target.type == 'postgres' and flags.WHICH in ('build', 'run') -%}
        {%- set tables = [
            ('shop', 'int_changed_orders'),
            ('shop', 'int_changed_order_items'),
            ('shop', 'int_changed_products'),
            ('shop', 'int_order_changes'),
            ('ops', 'kept_models'),
        ] -%}
        {%- for schema, name in tables -%}
            {%- set relation = adapter.get_relation(target.database, schema_prefix() ~ schema, name) -%}
            {%- if relation -%}
                {%- do adapter.drop_relation(relation) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endif -%}
{%- endmacro %}
