{#
    Drops the tables and views of earlier versions that no model makes any more, and views of them, as dbt does
    where it makes a table anew. By name, and nothing else: what people put beside them stays.
#}
{% macro drop_what_nobody_makes() -%}
    {%- if execute and target.type == 'postgres' and flags.WHICH in ('build', 'run') -%}
        {%- set made_once = [
            ('shop', 'int_changed_orders'),
            ('shop', 'int_changed_order_items'),
            ('shop', 'int_changed_products'),
            ('shop', 'int_order_changes'),
            ('shop', 'customers'),
            ('shop', 'products'),
            ('shop', 'orders'),
            ('shop', 'order_items'),
            ('shop', 'int_orders_known'),
            ('shop', 'int_order_items_unioned'),
            ('shop', 'int_products_unioned'),
            ('ops', 'kept_models'),
        ] -%}
        {%- for schema, name in made_once -%}
            {%- set relation = adapter.get_relation(target.database, schema, name) -%}
            {%- if relation -%}
                {%- do adapter.drop_relation(relation) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endif -%}
{%- endmacro %}
