{#
    All comments of a table in one query. Where a contract has made sure of the columns they are not looked up, as
    dbt does twice: for a hundred small tables that is an eighth of dbt's work. A column that a model without
    contract describes and does not have is warned of, as by dbt.
#}
{% macro postgres__persist_docs(relation, model, for_relation, for_columns) -%}
    {%- set comments = [] -%}
    {%- if for_relation and config.persist_relation_docs() and model.description -%}
        {%- do comments.append(alter_relation_comment(relation, model.description | trim)) -%}
    {%- endif -%}
    {%- if for_columns and config.persist_column_docs() and model.columns -%}
        {%- set columns = model.columns -%}
        {%- if not config.get('contract').enforced -%}
            {%- set existing = adapter.get_columns_in_relation(relation) | map(attribute='name') | list -%}
            {%- set columns = validate_doc_columns(relation, columns, existing) -%}
        {%- endif -%}
        {%- for name, column in columns.items() if column.description -%}
            {%- do comments.append(
                'comment on column ' ~ relation ~ '.' ~ adapter.quote(name) ~ ' is '
                ~ postgres_escape_comment(column.description | trim) ~ ';'
            ) -%}
        {%- endfor -%}
    {%- endif -%}
    {%- if comments -%}
        {%- do run_query(comments | join('\n')) -%}
    {%- endif -%}
{%- endmacro %}
