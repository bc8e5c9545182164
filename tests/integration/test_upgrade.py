"""A warehouse of an earlier version is this one's after one run, and keeps what only it knows."""

from pathlib import Path

from tests.support.warehouses import demo_shop

NOBODY_MAKES = {
    "ops.kept_models",
    "shop.int_changed_order_items",
    "shop.int_changed_orders",
    "shop.int_changed_products",
    "shop.int_order_changes",
}
# products were brought up to date; what was sent and who customers were is nowhere else
AS_IT_WAS = """
    create table shop.products (product_key text primary key, list_price numeric(18, 4));
    insert into shop.products values ('sold no more', 1);
    create table ops.report_deliveries as select 'the chat' as chat;
    create schema marts;
    create table marts.customer_history as select 'Ana' as customer_key
"""


def test_an_upgrade_drops_what_nobody_makes_any_more_and_keeps_what_is_nowhere_else(
    postgres: Path, tmp_path: Path
) -> None:
    warehouse = demo_shop(postgres, "upgraded", tmp_path)
    warehouse.execute(AS_IT_WAS)
    for table in NOBODY_MAKES:
        warehouse.execute(f"create table {table} (change_number integer)")

    warehouse.dbt("run", "--select", "+products")

    tables = warehouse.rows(
        "select table_schema || '.' || table_name as name from information_schema.tables"
    )
    assert {row["name"] for row in tables} & NOBODY_MAKES == set()
    keys = {row["product_id"] for row in warehouse.rows("select product_id from shop.products")}
    listed = warehouse.rows("select distinct product_id from landing.raw_products")
    assert keys == {row["product_id"] for row in listed}
    assert warehouse.row("ops.report_deliveries") == {"chat": "the chat"}
    assert warehouse.row("marts.customer_history") == {"customer_key": "Ana"}
