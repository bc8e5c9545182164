"""Rows of Olist's files that occur twice or lack their id, and lines of no known product."""

from collections import Counter
from decimal import Decimal
from pathlib import Path

import pytest

from tests.support.warehouses import Warehouse, new_warehouse

FILES = {
    "olist_customers_dataset": """\
customer_id,customer_unique_id,customer_city,customer_state
c1,ana,recife,PE
c1,ana,recife,PE
c2,rui,olinda,PE
c3,rui,natal,RN
""",
    "olist_orders_dataset": """\
order_id,customer_id,order_status,order_purchase_timestamp
o1,c1,delivered,2018-01-02 10:00:00
o2,c2,delivered,2018-01-03 11:00:00
o2,c2,delivered,2018-01-03 11:00:00
 ,c2,delivered,2018-01-03 12:00:00
o3,c3,delivered,2018-01-04 12:00:00
""",
    # a product is typed with a blank, and a line names none at all
    "olist_order_items_dataset": """\
order_id,order_item_id,product_id,seller_id,price
o1,1,p1,s1,10.00
o1,1,p1,s1,10.00
o2,1,p1,s1,20.50
o2,2,p1 ,s1,4.00
o2,3,,s1,0.50
o2,,p1,s1,9.00
""",
    "olist_products_dataset": "product_id,product_category_name\np1,bebes\np1,bebes\n",
    "product_category_name_translation": (
        "product_category_name,product_category_name_english\nbebes,baby\nbebes,baby\n"
    ),
}


@pytest.fixture(scope="module")
def warehouse(postgres: Path, tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    warehouse = new_warehouse(postgres, "olist_files", tmp_path_factory.mktemp("olist_files"))
    warehouse.load_csv("olist", FILES)
    warehouse.dbt("build", "--exclude-resource-type", "unit_test", sources=["olist"])
    return warehouse


def test_an_order_or_a_line_that_occurs_twice_or_has_no_id_is_set_aside(
    warehouse: Warehouse,
) -> None:
    reasons = [
        row["rejected_because"]
        for row in warehouse.rows("select rejected_because from shop.rejected_rows")
    ]
    assert Counter(reasons) == {
        "order_id occurs before": 1,
        "order_item_id occurs before in its order": 1,
        "order_id is missing": 1,
        "order_item_id is missing": 1,
    }


def test_the_totals_count_everything_once(warehouse: Warehouse) -> None:
    totals = warehouse.row("marts.rpt_shop_totals")
    assert (totals["customers"], totals["orders"]) == (2, 3)
    assert totals["revenue"] == Decimal("35.00")
    assert totals["rejected_rows"] == 4


def test_a_person_lives_where_the_latest_order_went(warehouse: Warehouse) -> None:
    rows = warehouse.rows("select customer_id, city from marts.dim_customers")
    assert {row["customer_id"]: row["city"] for row in rows} == {"ana": "recife", "rui": "natal"}


def test_a_line_of_a_product_that_is_not_listed_is_warned_of_and_stops_nothing(
    warehouse: Warehouse,
) -> None:
    ended = warehouse.rows(
        "select test_name, status, failures from ops.data_tests where status <> 'pass'"
    )
    assert ended == [{"test_name": "products_of_lines_are_listed", "status": "warn", "failures": 1}]
    keys = warehouse.rows("select unit_price, product_key from marts.fct_order_items")
    assert {row["unit_price"]: row["product_key"] is None for row in keys} == {
        Decimal("0.50"): True,
        Decimal("4.00"): True,
        Decimal("10.00"): False,
        Decimal("20.50"): False,
    }
