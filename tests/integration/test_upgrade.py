"""A warehouse of an earlier version is this one's after one run, and keeps what only it knows."""

from pathlib import Path

from tests.support.warehouses import demo_shop

TABLES_NOBODY_MAKES = {
    "marts.int_goods_prices",
    "marts.mart_deals_by_stage",
    "ops.kept_models",
    "shop.customers",
    "shop.int_changed_order_items",
    "shop.int_changed_orders",
    "shop.int_changed_products",
    "shop.int_order_changes",
    "shop.order_items",
    "shop.orders",
    "shop.products",
}
VIEWS_NOBODY_MAKES = {
    "shop.int_order_items_unioned",
    "shop.int_orders_known",
    "shop.int_orders_unioned",
    "shop.int_products_unioned",
}
# products were brought up to date; what was sent and who customers were is nowhere else
AS_IT_WAS = """
    create schema if not exists marts;
    create table marts.dim_products (product_key text primary key, list_price numeric(18, 4));
    insert into marts.dim_products values ('sold no more', 1);
    create table ops.report_deliveries as select 'the chat' as chat;
    create table marts.customer_history as select 'Ana' as customer_key;
    create table shop.notes as select 'ours' as note;
"""


def test_an_upgrade_drops_what_nobody_makes_any_more_and_keeps_what_is_nowhere_else(
    postgres: Path, tmp_path: Path
) -> None:
    warehouse = demo_shop(postgres, "upgraded", tmp_path)
    warehouse.execute(AS_IT_WAS)
    for table in TABLES_NOBODY_MAKES:
        warehouse.execute(f"create table {table} (change_number integer)")
    for view in VIEWS_NOBODY_MAKES:
        warehouse.execute(f"create view {view} as select * from shop.orders")

    warehouse.dbt("run", "--select", "+dim_products")

    relations = warehouse.rows(
        "select table_schema || '.' || table_name as name from information_schema.tables"
    )
    assert {row["name"] for row in relations} & (TABLES_NOBODY_MAKES | VIEWS_NOBODY_MAKES) == set()
    made = {row["product_id"] for row in warehouse.rows("select * from marts.dim_products")}
    listed = warehouse.rows("select distinct product_id from landing.raw_products")
    assert made == {row["product_id"] for row in listed}
    assert warehouse.row("ops.report_deliveries") == {"chat": "the chat"}
    assert warehouse.row("marts.customer_history") == {"customer_key": "Ana"}
    assert warehouse.row("shop.notes") == {"note": "ours"}
