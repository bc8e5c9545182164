{#
    Combinations of the columns that occur more than once. Nothing is counted where
    the database enforces that there is none.
#}
{% test unique_together(model, columns) %}

{% if has_unique_index(model, columns) -%}
select cast(null as {{ dbt.type_string() }}) as seen_to_by_the_index
where 1 = 0
{%- else -%}
select {{ columns | join(', ') }}
from {{ model }}
group by {{ columns | join(', ') }}
having count(*) > 1
{%- endif %}

{% endtest %}
