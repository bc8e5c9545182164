{#
    cast(), but NULL where the text is not of that type, so that one bad row does not stop the
    others. A value of any other type is read by its text, so that a file's kind changes nothing.

    - Numbers are finite and written with digits and a point: 1234.56, 1e3; not NaN, Infinity,
      1_000 or 1,5. `numeric` is numeric(18, 4), in which the layers hold money; what does not
      fit is no number. Whole numbers may end in .0, as programs without whole numbers write them.
    - Dates and times begin with YYYY-MM-DD: 05/11/2026 is May in one country and November in
      another. A date is the day as it is written. A timestamp that tells its offset keeps its
      moment, told as the wall clock of `time_zone`; one without is left as it is written.

    include/warehouse/readable.py tells who loads a file what of it this leaves NULL.
#}
{% macro try_cast(column, type, time_zone='UTC') -%}
    {%- set type = 'numeric(18, 4)' if type == 'numeric' else type -%}
    {%- if type in ('timestamp', 'timestamptz') -%}
        {{ return(adapter.dispatch('try_cast_moment')(column, type, time_zone)) }}
    {%- else -%}
        {{ return(adapter.dispatch('try_cast')(column, type)) }}
    {%- endif -%}
{%- endmacro %}

{# A moment in UTC: by the offset that it tells, and without one by the wall clock of `time_zone`. #}
{% macro try_cast_utc(column, time_zone) -%}
    {{ return(adapter.dispatch('try_cast_utc')(column, time_zone)) }}
{%- endmacro %}

{% macro default__try_cast_utc(column, time_zone) -%}
    case
        when {{ matches(column_text(column), OFFSET()) }} then {{ try_cast(column, 'timestamp') }}
        else {{ local_to_utc(try_cast(column, 'timestamp'), time_zone) }}
    end
{%- endmacro %}

{# As shop systems write it, `2023-06-01 23:58:24 -0300`, in a third of the time that the general way takes. #}
{% macro postgres__try_cast_utc(column, time_zone) -%}
    {%- set text = column_text(column) -%}
    case
        when
            {{ text }} like '____-__-__ __:__:__ _____'
            and {{ text }} ~ '^[0-9: -]+[+-][0-9]+$'
            and pg_input_is_valid({{ text }}, 'timestamptz')
            then cast({{ text }} as timestamptz) at time zone 'UTC'
        else {{ default__try_cast_utc(column, time_zone) }}
    end
{%- endmacro %}

{% macro default__try_cast(column, type) -%}
    case
        when {{ matches(column_text(column), pattern_of(type)) }}
            then try_cast({{ text_of(column, type) }} as {{ type }})
    end
{%- endmacro %}

{% macro postgres__try_cast(column, type) -%}
    {#- a case by itself forgets the digits of its type -#}
    cast(
        case
            {%- if type in ('integer', 'bigint') or type.startswith('numeric') %}
            when {{ is_number_that_fits(column, type) }}
                then cast(cast({{ column }} as {{ dbt.type_string() }}) as {{ type }})
            {%- endif %}
            when
                (
                    {#- most are written with digits and a point, which takes half of the time to see -#}
                    {%- if type.startswith(('numeric', 'double', 'real')) %}
                    {{ column_text(column) }} ~ '^[0-9.-]+$'
                    or {% endif -%}
                    {{ column_text(column) }} ~ '{{ pattern_of(type) }}'
                )
                and pg_input_is_valid({{ text_of(column, type) }}, '{{ type }}')
                then cast({{ text_of(column, type) }} as {{ type }})
        end as {{ type }}
    )
{%- endmacro %}

{#
    Whether a column of Postgres holds numbers already, and this one has no more digits than fit for certain: most do,
    and are cast in half of the time.
#}
{% macro is_number_that_fits(column, type) -%}
    {%- set text = 'cast(' ~ column ~ ' as ' ~ dbt.type_string() ~ ')' -%}
    {%- if type.startswith('numeric') -%}
        {%- set precision, scale = modules.re.findall('[0-9]+', type ~ ', 0')[:2] -%}
        pg_typeof({{ column }}) = cast('numeric' as regtype)
        and length({{ text }}) <= {{ precision | int - scale | int }}
        and {{ text }} not in ('NaN', 'Infinity', '-Infinity')
    {%- else -%}
        pg_typeof({{ column }}) in (cast('integer' as regtype), cast('bigint' as regtype))
        and length({{ text }}) <= {{ 9 if type == 'integer' else 18 }}
    {%- endif -%}
{%- endmacro %}

{% macro default__try_cast_moment(column, type, time_zone) -%}
    {%- set moment = 'try_cast(' ~ column_text(column) ~ ' as timestamp)' -%}
    case
        when not {{ matches(column_text(column), pattern_of(type)) }} then null
        when {{ matches(column_text(column), OFFSET()) }}
            then {{ moment if time_zone == 'UTC' else utc_to_local(moment, time_zone) }}
        else {{ moment }}
    end
{%- endmacro %}

{% macro postgres__try_cast_moment(column, type, time_zone) -%}
    {%- set text = column_text(column) -%}
    {%- set moment = 'cast(' ~ text ~ ' as timestamptz)'
        ~ (" at time zone '" ~ time_zone ~ "'" if type == 'timestamp' else '') -%}
    case
        -- as most programs write it: the expressions for all others would take four times as long
        when
            {{ text }} like '____-__-__T__:__:__Z'
            and {{ text }} ~ '^([0-9]+[TZ:-])+$'
            and pg_input_is_valid({{ text }}, 'timestamptz')
            then {{ moment }}
        when
            {{ text }} !~ '{{ pattern_of(type) }}'
            or not pg_input_is_valid({{ text }}, 'timestamptz')
            then null
        when {{ text }} ~ '{{ OFFSET() }}' then {{ moment }}
        else cast({{ text }} as timestamp){{ " at time zone 'UTC'" if type == 'timestamptz' }}
    end
{%- endmacro %}

{#
    A text cast to `timestamp` would lose its offset, and the session's time zone is UTC (profiles.yml). An offset is not
    read behind a blank.
#}
{% macro duckdb__try_cast_moment(column, type, time_zone) -%}
    {%- set text = 'regexp_replace(' ~ column_text(column) ~ ", ' +([A-Z+-][A-Z0-9:]*)$', '\\1')" -%}
    {%- set moment = 'try_cast(' ~ text ~ ' as timestamptz)' -%}
    case
        when not {{ matches(column_text(column), pattern_of(type)) }} then null
        {%- if type == 'timestamptz' %}
        else {{ moment }}
        {%- else %}
        when {{ matches(column_text(column), OFFSET()) }}
            then {{ moment }} at time zone '{{ time_zone }}'
        else {{ moment }} at time zone 'UTC'
        {%- endif %}
    end
{%- endmacro %}

{# Whether a regular expression is found in a text. #}
{% macro matches(text, pattern) -%}
    {{ return(adapter.dispatch('matches')(text, pattern)) }}
{%- endmacro %}

{% macro default__matches(text, pattern) -%}
    ({{ text }} rlike '{{ pattern }}')
{%- endmacro %}

{% macro postgres__matches(text, pattern) -%}
    ({{ text }} ~ '{{ pattern }}')
{%- endmacro %}

{% macro duckdb__matches(text, pattern) -%}
    regexp_matches({{ text }}, '{{ pattern }}')
{%- endmacro %}

{% macro column_text(column) -%}
    trim(cast({{ column }} as {{ dbt.type_string() }}))
{%- endmacro %}

{# What is cast: of a whole number the part before the point, after which are only zeros. #}
{% macro text_of(column, type) -%}
    {{ dbt.split_part(column_text(column), "'.'", 1) if type in ('integer', 'bigint', 'smallint')
        else column_text(column) }}
{%- endmacro %}

{# The regular expression of what a type is written like; any text where the type has none. #}
{% macro pattern_of(type) -%}
    {%- set day = '[0-9]{4}-[0-9]{2}-[0-9]{2}' -%}
    {%- set clock = '[T ] *[0-9]{1,2}:[0-9]{2}(:[0-9]{2}([.][0-9]+)?)?( *[AaPp][Mm])?' -%}
    {%- if type in ('integer', 'bigint', 'smallint') -%}
        ^[+-]?[0-9]+([.]0*)?$
    {%- elif type.startswith(('numeric', 'decimal', 'double', 'real', 'float')) -%}
        ^[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]{1,3})?$
    {%- elif type in ('date', 'timestamp', 'timestamptz') -%}
        ^{{ day }}({{ clock }}( *(Z|z|UTC|GMT|[+-][0-9]{2}(:?[0-9]{2})?))?)?$
    {%- endif -%}
{%- endmacro %}

{# The end of a time that tells its offset. #}
{% macro OFFSET() -%}
    :.*(Z|z|UTC|GMT|[+-][0-9]{2}(:?[0-9]{2})?)$
{%- endmacro %}
