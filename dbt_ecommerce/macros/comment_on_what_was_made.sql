{#
    Every description of what a run has made is a comment in Postgres. All of them in one query at its end: dbt
    itself asks thrice a table, which for a hundred small ones is an eighth of its work. What a yml describes and a
    table does not have is left out.
#}
{% macro comment_on_what_was_made(results) -%}
    {%- set comments = [] -%}
    {%- for result in results if target.type == 'postgres' and result.status == 'success' -%}
        {%- set node = result.node -%}
        {%- if node.resource_type in ('model', 'seed', 'snapshot') -%}
            {%- set described = {} -%}
            {%- if node.config.persist_docs.get('relation') -%}
                {%- do described.update({none: node.description}) -%}
            {%- endif -%}
            {%- if node.config.persist_docs.get('columns') -%}
                {%- for name, column in node.columns.items() -%}
                    {%- do described.update({name: column.description}) -%}
                {%- endfor -%}
            {%- endif -%}
            {%- for column, description in described.items() if description -%}
                {%- set told = [node.schema, node.alias, column, description | trim] -%}
                {%- set literals = [] -%}
                {%- for text in told -%}
                    {%- do literals.append('null' if text is none else "'" ~ text | replace("'", "''") ~ "'") -%}
                {%- endfor -%}
                {%- do comments.append('(' ~ literals | join(', ') ~ ')') -%}
            {%- endfor -%}
        {%- endif -%}
    {%- endfor -%}
    {%- if comments %}
        do $comments$
        declare
            comment record;
        begin
            for comment in
                select
                    format(
                        'comment on %s %I.%I%s is %L',
                        case
                            when described.column_name is not null then 'column'
                            when pg_class.relkind = 'v' then 'view'
                            else 'table'
                        end,
                        described.schema_name,
                        described.relation_name,
                        '.' || quote_ident(described.column_name),
                        described.description
                    ) as command
                from (
                    values
                    {{ comments | join(',\n                    ') }}
                ) as described (schema_name, relation_name, column_name, description)
                inner join pg_namespace on described.schema_name = pg_namespace.nspname
                inner join pg_class
                    on
                        described.relation_name = pg_class.relname
                        and pg_namespace.oid = pg_class.relnamespace
                left join pg_attribute
                    on
                        pg_class.oid = pg_attribute.attrelid
                        and described.column_name = pg_attribute.attname
                where described.column_name is null or pg_attribute.attname is not null
            loop
                execute comment.command;
            end loop;
        end
        $comments$
    {%- endif -%}
{%- endmacro %}

{# Not a table at a time. #}
{% macro postgres__persist_docs(relation, model, for_relation, for_columns) -%}
{%- endmacro %}
