{#
    What people typed into the form "Enter a sale", append only: a correction or a voiding is a row more. Beside
    dbt, include/warehouse/bookkeeping.py reads this file. The CHECKs repeat the rules of include/sales_form/sale.py.
#}
{% macro sales_form_entries_ddl() -%}
    {%- set landing = schema_prefix() ~ 'landing' -%}
    create table if not exists {{ landing }}.sales_form__entries (
        -- made when the form opens: the same submission twice is one row
        entry_id uuid primary key,
        -- the first entry of a sale names it
        sale_id uuid not null,
        version integer not null check (version >= 1),
        action text not null check (action in ('entered', 'corrected', 'voided')),
        -- the shop that the sale belongs to: customers and products are known in it
        source_name text not null check (source_name ~ '^[a-z][a-z0-9_]*$'),
        sold_on date not null check (isfinite(sold_on)),
        customer_id text check (customer_id <> ''),
        -- of one that the shop does not know yet
        customer_name text check (customer_name <> ''),
        customer_state text check (customer_state <> ''),
        product_id text not null check (product_id <> ''),
        product_name text not null check (product_name <> ''),
        quantity integer not null check (quantity between 1 and 10000),
        unit_price numeric(9, 2) not null check (unit_price between 0 and 9999999.99),
        currency text check (currency ~ '^[A-Z]{3}$'),
        seller_id text check (seller_id <> ''),
        sales_channel text check (sales_channel <> ''),
        note text check (note <> ''),
        -- why it was corrected or voided
        reason text check (reason <> ''),
        entered_by text not null check (entered_by <> ''),
        entered_at timestamptz not null default current_timestamp,
        unique (sale_id, version),
        check ((version = 1) = (action = 'entered')),
        check ((reason is null) = (action = 'entered')),
        check (action <> 'entered' or sale_id = entry_id),
        check (customer_name is null or customer_id is not null),
        -- of the easternmost shop, whose day begins half a day earlier
        check (sold_on <= cast(entered_at at time zone 'UTC' as date) + 1)
    )
{%- endmacro %}
