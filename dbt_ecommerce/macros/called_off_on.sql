{#
    The day on which an order was cancelled or returned, NULL where it was not. Where nobody
    knows the day it is that of the order, as if it had never been.
#}
{% macro called_off_on() -%}
    case
        when is_cancelled and cancelled_on is null then ordered_on
        when is_returned and returned_on is null then ordered_on
        else coalesce(
            least(cancelled_on, returned_on), cancelled_on, returned_on
        )
    end
{%- endmacro %}
