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
            ('marts', 'mart_companies'),
            ('marts', 'mart_company_ltv_to_cac'),
            ('marts', 'mart_deals_by_stage'),
            ('marts', 'mart_specialty_ltv_to_cac'),
            ('marts', 'mart_stage_conversion'),
            ('marts', 'mart_time_in_stage'),
            ('marts', 'mart_won_revenue'),
        ] -%}
        {#- made for every account once, for a clinic now -#}
        {%- if not var('hubspot_clinic') -%}
            {%- do made_once.extend([
                ('marts', 'int_company_acquisitions'),
                ('staging', 'base_hubspot__specialties'),
                ('staging', 'stg_hubspot__specialty_spend'),
            ]) -%}
        {%- endif -%}
        {#- int_* were in the schemas of the folders they lie in -#}
        {%- for model in graph.nodes.values() if model.config.schema == 'intermediate' -%}
            {%- do made_once.append((model.fqn[1], model.name)) -%}
        {%- endfor -%}
        {%- for schema, name in made_once -%}
            {%- set relation = adapter.get_relation(target.database, schema_prefix() ~ schema, name) -%}
            {%- if relation -%}
                {%- do adapter.drop_relation(relation) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endif -%}
{%- endmacro %}
