{%- set both_ways = {
    'shopify': (
        'base_shopify__api_order_rows',
        'shopify__orders',
        'order_name',
        'created_at',
    ),
    'nuvemshop': (
        'base_nuvemshop__api_sales',
        'nuvemshop__sales',
        'order_number',
        'ordered_at',
    ),
    'woocommerce': (
        'base_woocommerce__api_rows',
        'woocommerce__orders',
        'order_number',
        'ordered_at',
    ),
} -%}
{%- set active = var('sources') | select('in', both_ways) | list -%}
{{ config(enabled=active | length > 0, severity='warn') }}

-- An order that came both ways is as the API has it. Where most of them are of
-- other days in the export, the two are of two shops, which count their orders
-- alike, and the export's are lost. A clock that was moved makes a day.
with came_both_ways as (

    {% for source_name in active or both_ways %}
    {%- set api, exports, number, day = both_ways[source_name] %}
    select
        '{{ source_name }}' as source_name,
        trim(exported.{{ number }}) as order_number,
        min({{ try_cast('of_api.' ~ day, 'date') }}) as ordered_on,
        min({{ try_cast('exported.' ~ day, 'date') }}) as exported_on
    from {{ source(source_name, exports) }} as exported
    inner join {{ ref(api) }} as of_api
        on trim(exported.{{ number }}) = of_api.{{ number }}
    group by trim(exported.{{ number }})
    {{ 'union all' if not loop.last }}
    {%- endfor %}

),

judged as (

    select
        source_name,
        order_number,
        ordered_on,
        exported_on,
        abs({{ dbt.datediff('exported_on', 'ordered_on', 'day') }}) > 1
            as is_another
    from came_both_ways
    where ordered_on is not null and exported_on is not null

),

counted as (

    select
        *,
        count(*) over (partition by source_name) as orders,
        sum(case when is_another then 1 else 0 end)
            over (partition by source_name) as other_orders
    from judged

)

select * from counted
where is_another and other_orders * 2 > orders
