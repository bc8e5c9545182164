{#
    The last day of a relation's orders that can be believed, as one row. A day that follows a pause longer than
    twice the churn window, and than twice any pause before, is a year that somebody mistyped, or a shop that opens
    again: nothing from it on is believed until there are five days of orders, or more than before the pause. Else a
    few orders of 2062 would be the as-of date of everything, and all customers would have churned by then. A pause
    that is itself too long, as after an order of 1995, is no measure of others.
#}
{% macro last_order_on(orders) -%}
    select max(ordered_on) as last_order_on
    from (
        select
            ordered_on,
            max(
                case
                    when
                        pause_days > 2 * {{ var('churn_window_days') }}
                        and pause_days > 2 * coalesce(longest_usual_pause, 0)
                        and order_days - days_before < 5
                        and order_days - days_before <= days_before
                        then 1
                    else 0
                end
            ) over (order by ordered_on) as is_doubted
        from (
            select
                *,
                max(
                    case
                        when
                            pause_days <= 2 * {{ var('churn_window_days') }}
                            or pause_days <= 2 * longest_pause
                            then pause_days
                    end
                ) over (
                    order by ordered_on
                    rows between unbounded preceding and 1 preceding
                ) as longest_usual_pause
            from (
                select
                    *,
                    max(pause_days) over (
                        order by ordered_on
                        rows between unbounded preceding and 1 preceding
                    ) as longest_pause
                from (
                    select
                        ordered_on,
                        {{ dbt.datediff(
                            'lag(ordered_on) over (order by ordered_on)', 'ordered_on', 'day'
                        ) }} as pause_days,
                        row_number() over (order by ordered_on) - 1 as days_before,
                        count(*) over () as order_days
                    from (select distinct ordered_on from {{ orders }}) as days
                ) as with_pause
            ) as with_longest_pause
        ) as with_usual_pause
    ) as with_doubt
    where is_doubted = 0
{%- endmacro %}
