{{ config(
    enabled='mercado_livre' in var('sources'),
    materialized='table',
) }}

with source as (

    select * from {{ source('mercado_livre', 'mercado_livre__sales') }}

),

cast_to_types as (

    select
        -- ids
        nullif(trim(sale_number), '') as sale_number,
        _file as file_name,
        {{ try_cast('_row', 'integer') }} as row_no,
        coalesce(tax_id_key, billed_tax_id_key) as customer_id,
        upper({{ squeeze('sku') }}) as sku,
        {{ squeeze('listing_id') }} as listing_id,

        -- strings
        {{ squeeze('status') }} as status,
        {{ plain(squeeze('status')) }} as state_of_sale,
        {{ squeeze('title') }} as title,
        {{ squeeze('variation') }} as variation,
        {{ squeeze('city') }} as city,
        {{ squeeze('state') }} as state,
        {{ squeeze('country') }} as country,
        {{ whole_row('source') }} as source_row,

        -- numerics
        {{ try_cast('units', 'integer') }} as units,
        nullif(
            trim(cast(product_revenue as {{ dbt.type_string() }})), ''
        ) as revenue_as_written,
        {{ try_cast('product_revenue', 'numeric') }} as product_revenue,
        {{ try_cast('given_back', 'numeric') }} as given_back,
        {{ try_cast('list_price', 'numeric') }} as list_price,

        -- timestamps
        {{ try_cast(
            'sold_at', 'timestamp', var('shop_time_zone')
        ) }} as sold_at
    from source
    {{ computed_once() }}

),

-- “Pacote de 2 produtos” has the money of the two rows below it
with_packs as (

    select
        *,
        case
            when state_of_sale like 'pacote de % produto%'
                then {{ try_cast(
                    dbt.split_part('state_of_sale', "' '", 3), 'integer'
                ) }}
        end as pack_size,
        row_no - row_number() over (
            partition by file_name order by row_no
        ) as rows_not_there
    from cast_to_types

),

with_pack_rows as (

    select
        *,
        max(case when pack_size is not null then row_no end) over (
            partition by file_name
            order by row_no
            rows between unbounded preceding and current row
        ) as pack_row_no,
        max(case when sale_number is not null then rows_not_there end) over (
            partition by file_name
            order by row_no
            rows between unbounded preceding and current row
        ) as rows_not_there_before
    from with_packs

),

with_their_pack as (

    select
        *,
        max(pack_size) over (
            partition by file_name, pack_row_no
        ) as size_of_its_pack,
        max(case when pack_size is not null then sale_number end) over (
            partition by file_name, pack_row_no
        ) as number_of_its_pack
    from with_pack_rows

),

sorted as (

    select
        *,
        pack_size is not null as is_pack,
        pack_size is null
        and revenue_as_written is null
        and coalesce(row_no <= pack_row_no + size_of_its_pack, false)
            as is_of_pack
    from with_their_pack

),

-- An article of a cart without a number of its own is taken from every file;
-- where its pack is in a newer one as well, so is the article.
of_newest_file as (

    select
        *,
        case when is_of_pack then number_of_its_pack else sale_number end
            as order_number,
        row_number() over (
            partition by sale_number, is_of_pack
            order by row_no, file_name
        ) as occurrence,
        coalesce(
            state_of_sale like 'cancelad%'
            or state_of_sale like 'venda cancelad%',
            false
        ) as is_cancelled,
        coalesce(
            (
                state_of_sale like 'devoluc%'
                or state_of_sale like 'devolvid%'
                or state_of_sale like 'reembols%'
                or state_of_sale like 'mediacao%reembols%'
            )
            and state_of_sale not like '%parcial%'
            and state_of_sale not like '%te demos o dinheiro%',
            false
        ) as is_returned
    from sorted
    where
        sale_number is not null
        or revenue_as_written is not null
        or is_of_pack
        or rows_not_there = rows_not_there_before

),

judged as (

    select
        *,
        case
            when order_number is null then 'sale_number is missing'
            when not is_of_pack and occurrence > 1
                then 'sale_number occurs before'
            when is_of_pack then null
            when sold_at is null then 'sold_at is not a date'
            when {{ is_too_early('sold_at') }}
                then 'sold_at is before {{ var("earliest_order_on") }}'
            when {{ is_too_late('sold_at') }}
                then 'sold_at is after {{ var("latest_order_on") }}'
            when
                product_revenue is null
                and not (is_cancelled and revenue_as_written is null)
                then 'product_revenue is not a number'
            when product_revenue < 0 then 'product_revenue is negative'
            when {{ is_too_large('product_revenue') }}
                then 'product_revenue is too large'
        end as sale_rejected_because,
        case
            when is_pack then null
            when units is null then 'units is not a whole number'
            when units <= 0 then 'units is not positive'
            when {{ is_too_large('0', 'units') }} then 'units is too large'
        end as article_rejected_because
    from of_newest_file

),

counted as (

    select
        *,
        count(
            case
                when
                    not is_pack
                    and sale_rejected_because is null
                    and article_rejected_because is null
                    then 1
            end
        ) over (partition by order_number) as articles,
        count(
            case
                when not is_of_pack and sale_rejected_because is null then 1
            end
        ) over (partition by order_number) as sales
    from judged

),

set_aside as (

    select
        *,
        case
            when sale_rejected_because is not null then sale_rejected_because
            when is_of_pack and sales = 0 then 'its pack is set aside'
            when is_pack and articles = 0
                then 'no article of the pack is below it'
            else article_rejected_because
        end as rejected_because
    from counted

),

final as (

    select
        -- ids
        order_number,
        file_name,
        row_no,
        customer_id,
        coalesce(
            sku,
            {{ dbt.concat([
                "listing_id", "coalesce(" ~ dbt.concat(["'-'", "variation"])
                ~ ", '')"
            ]) }},
            title
        ) as product_id,

        -- strings
        status,
        {{ dbt.concat([
            "title", "coalesce(" ~ dbt.concat(["' - '", "variation"])
            ~ ", '')"
        ]) }} as product_name,
        city,
        state,
        country,
        rejected_because,
        case
            when rejected_because is not null
                then {{ row_as_json('source_row') }}
        end as source_row,

        -- numerics
        units,
        product_revenue,
        given_back,
        list_price,

        -- booleans
        is_pack,
        is_of_pack,
        is_cancelled,
        is_returned,

        -- timestamps
        sold_at

    from set_aside

)

select * from final
