{#
    The rows of a relation with a column `revenue`, in order of it: their share, the share
    of those before them, and the class by that: A up to 80 % of the revenue, B up to 95 %, C
    the rest. As the item itself is not in the share before it, the one that passes 80 % is
    still A, and the first always is. `key` breaks ties.
#}
{% macro abc_classes(relation, key) -%}

with accumulated as (

    select
        *,
        row_number() over (order by revenue desc, {{ key }} asc)
            as revenue_rank,
        sum(revenue) over () as total_revenue,
        coalesce(
            sum(revenue) over (
                order by revenue desc, {{ key }} asc
                rows between unbounded preceding and 1 preceding
            ), 0
        ) as revenue_before
    from {{ relation }}

)

select
    *,
    {{ share('revenue', 'total_revenue') }} as revenue_share,
    {{ share('revenue_before', 'total_revenue') }}
        as cumulative_share_before,
    case
        when revenue_rank = 1 or revenue_before < 0.80 * total_revenue then 'A'
        when revenue_before < 0.95 * total_revenue then 'B'
        else 'C'
    end as abc_class
from accumulated

{%- endmacro %}
