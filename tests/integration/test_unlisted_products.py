"""A line whose product the shop's list does not have is told by a warning, and stops no report."""

from pathlib import Path

from tests.integration.warehouses import new_warehouse

FILES = {
    "olist_customers_dataset": """\
customer_id,customer_unique_id,customer_city,customer_state
c1,ana,recife,PE
""",
    "olist_orders_dataset": """\
order_id,customer_id,order_status,order_purchase_timestamp
o1,c1,delivered,2018-01-02 10:00:00
""",
    # typed with a blank, and a line that names no product at all
    "olist_order_items_dataset": """\
order_id,order_item_id,product_id,seller_id,price
o1,1,p1,s1,10.00
o1,2,p1 ,s1,10.00
o1,3,,s1,10.00
""",
    "olist_products_dataset": "product_id,product_category_name\np1,bebes\n",
    "product_category_name_translation": (
        "product_category_name,product_category_name_english\nbebes,baby\n"
    ),
}


def test_a_line_of_a_product_that_is_not_listed_is_warned_of(
    postgres: Path, tmp_path: Path
) -> None:
    data = tmp_path / "files"
    data.mkdir()
    for name, text in FILES.items():
        (data / f"{name}.csv").write_text(text)
    warehouse = new_warehouse(postgres, "unlisted_products", tmp_path)
    warehouse.load("olist", data)
    lines = ("--select", "+order_items", "--indirect-selection", "cautious")
    warehouse.dbt("build", *lines, "--exclude-resource-type", "unit_test", sources=["olist"])
    ended = warehouse.rows(
        "select test_name, status, failures from ops.data_tests where status <> 'pass'"
    )
    assert ended == [{"test_name": "products_of_lines_are_listed", "status": "warn", "failures": 1}]
    keys = warehouse.rows("select order_item_id, product_key from shop.order_items order by 1")
    assert [row["product_key"] is None for row in keys] == [False, True, True]
