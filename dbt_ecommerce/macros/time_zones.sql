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
