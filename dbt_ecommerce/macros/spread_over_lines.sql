{#
    A line's part of an amount that an order tells as a whole, such as its discount, by the line's share of
    what `whole`, the sum of the order's weights, is. In cents, which add up to the amount: each is rounded as a
    running total, the largest line last, which so takes the rest. None is more than its weight where the amount is
    no more than the whole; that is why the parts are not rounded one by one.
#}
{% macro spread_over_lines(amount, weight, whole, order_id, line_no) -%}
    {%- set so_far -%}
        sum({{ weight }}) over (
            partition by {{ order_id }}
            order by {{ weight }} asc, {{ line_no }} asc
            rows unbounded preceding
        )
    {%- endset -%}
    coalesce({{ quotient(amount ~ ' * ' ~ so_far, whole) }}, 0)
    - coalesce({{ quotient(amount ~ ' * (' ~ so_far ~ ' - ' ~ weight ~ ')', whole) }}, 0)
{%- endmacro %}
