{#
    The last day of a relation's orders that can be believed, as one row. A day that follows a pause longer than
    twice the churn window, and than twice any pause before, is a year that somebody mistyped, or a shop that opens
    again: it is believed once another day follows it. Else one order of 2062 would be the as-of date of
    everything, and all customers would have churned by then.
#}
{% macro last_order_on(orders) -%}
    select max(ordered_on) as last_order_on
    from (
        select
            ordered_on,
            pause_days,
            max(pause_days) over (
                order by ordered_on
                rows between unbounded preceding and 1 preceding
            ) as longest_pause_before
        from (
            select
                ordered_on,
                {{ dbt.datediff(
                    'lag(ordered_on) over (order by ordered_on)', 'ordered_on', 'day'
                ) }} as pause_days
            from (select distinct ordered_on from {{ orders }}) as order_days
        ) as with_pause
    ) as with_longest_pause
    where
        pause_days is null
        or pause_days <= 2 * {{ var('churn_window_days') }}
        or pause_days <= 2 * longest_pause_before
{%- endmacro %}
