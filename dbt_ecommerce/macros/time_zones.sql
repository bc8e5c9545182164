{# Timestamps are UTC everywhere after staging; a shop's day is a day of its own time zone. #}

{% macro utc_to_local(timestamp_utc, time_zone) -%}
    {{ return(adapter.dispatch('utc_to_local')(timestamp_utc, time_zone)) }}
{%- endmacro %}

{% macro default__utc_to_local(timestamp_utc, time_zone) -%}
    ({{ timestamp_utc }} at time zone 'UTC' at time zone '{{ time_zone }}')
{%- endmacro %}

{% macro spark__utc_to_local(timestamp_utc, time_zone) -%}
    from_utc_timestamp({{ timestamp_utc }}, '{{ time_zone }}')
{%- endmacro %}

{% macro local_to_utc(timestamp_local, time_zone) -%}
    {{ return(adapter.dispatch('local_to_utc')(timestamp_local, time_zone)) }}
{%- endmacro %}

{% macro default__local_to_utc(timestamp_local, time_zone) -%}
    ({{ timestamp_local }} at time zone '{{ time_zone }}' at time zone 'UTC')
{%- endmacro %}

{% macro spark__local_to_utc(timestamp_local, time_zone) -%}
    to_utc_timestamp({{ timestamp_local }}, '{{ time_zone }}')
{%- endmacro %}

{# A moment with a time zone, as APIs land it, as a timestamp in UTC. #}
{% macro to_utc(moment) -%}
    {{ return(adapter.dispatch('to_utc')(moment)) }}
{%- endmacro %}

{% macro default__to_utc(moment) -%}
    ({{ moment }} at time zone 'UTC')
{%- endmacro %}

{% macro spark__to_utc(moment) -%}
    cast({{ moment }} as timestamp)
{%- endmacro %}

{# The day of the shop in which a timestamp in UTC lies. #}
{% macro shop_day(timestamp_utc) -%}
    cast({{ utc_to_local(timestamp_utc, var('shop_time_zone')) }} as date)
{%- endmacro %}
