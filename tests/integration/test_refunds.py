"""A shop that knows more of its lines than others, and what it gave back: a grocer of four orders.

Three of the lines are fuel by the unit, yogurts at three for a price, and an article not listed.
Its folder has the contract of docs/your-shop.yml, with the columns and the model that are commented
out there.
"""

import re
import shutil
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from include.paths import DBT_PROJECT, PROJECT
from tests.support.warehouses import Warehouse, new_warehouse

pytestmark = [pytest.mark.nightly, pytest.mark.timeout(300)]

ORDER = {"customer_id": "C1", "is_cancelled": False, "is_returned": False}
ROWS: dict[str, list[dict[str, Any]]] = {
    "customers": [],
    "products": [
        {"product_id": "7", "product_name": "Fuel", "is_goods": True, "unit_cost": 0.001},
        {"product_id": "8", "product_name": "Yogurt", "is_goods": True, "unit_cost": 0.2},
    ],
    "orders": [
        ORDER | {"order_id": f"o{day}", "ordered_on": f"2017-01-0{day}", "ordered_at": "2017-01-01"}
        for day in (2, 3, 4)
    ]
    + [
        ORDER
        | {"order_id": "o5", "ordered_on": "2017-01-05", "ordered_at": "2017-01-05"}
        | {"is_returned": True, "returned_on": "2017-01-06"}
    ],
    # 0.0021 * 12345 would be 25.92 and 3 * 0.3333 0.9999
    "order_items": [
        {"order_item_id": "l2", "order_id": "o2", "product_id": "7"}
        | {"quantity": 12345, "unit_price": 0.0021, "amount": 25.49},
        {"order_item_id": "l3", "order_id": "o3", "product_id": "8", "unit_cost": 0.1}
        | {"quantity": 3, "unit_price": 0.3333, "amount": 1},
        {"order_item_id": "l4", "order_id": "o4", "product_id": "9"}
        | {"quantity": 0.345, "unit_price": 14.4928, "amount": 5},
        {"order_item_id": "l5", "order_id": "o5", "quantity": 2, "unit_price": 3.5},
    ],
    "rejected_rows": [],
    "refunds": [
        {"order_id": "o2", "amount": 5.49, "refunded_on": "2017-01-08"},
        {"order_id": "o3", "order_item_id": "l3", "amount": 0.4, "quantity": 1},
        # of an order that came back: it counts for nothing already
        {"order_id": "o5", "amount": 7, "refunded_on": "2017-01-06"},
        # what cannot be true: before the order, a line of another, no order, and more than was
        # paid, which is not known yet
        {"order_id": "o3", "amount": 0.1, "refunded_on": "2017-01-02"},
        {"order_id": "o3", "order_item_id": "l2", "amount": 0.05, "refunded_on": "2017-01-06"},
        {"order_id": "o1", "amount": 1, "refunded_on": "2017-01-06"},
        {"order_id": "o4", "amount": 5.01, "refunded_on": "2017-01-09"},
    ],
}


def model(types: dict[str, str], rows: list[dict[str, Any]]) -> str:
    """A staging model that is these rows."""
    selects = [
        "select "
        + ", ".join(
            f"cast({literal(row.get(name))} as {type_.replace('string', 'text')}) as {name}"
            for name, type_ in types.items()
        )
        for row in rows or [{}]
    ]
    nothing = "" if rows else "\nwhere 1 = 0"
    enabled = "{{ config(enabled='grocer' in var('sources')) }}\n"
    return enabled + "\nunion all\n".join(selects) + nothing + "\n"


def literal(value: Any) -> str:
    return "null" if value is None else f"'{value}'"


@pytest.fixture(scope="module")
def grocer(postgres: Path, tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """The shop, built with every data test as of Monday, 9 January 2017."""
    folder = tmp_path_factory.mktemp("grocer")
    project = folder / "dbt_ecommerce"
    shutil.copytree(DBT_PROJECT, project, ignore=shutil.ignore_patterns("target", "logs"))
    contract = (PROJECT / "docs" / "your-shop.yml").read_text(encoding="utf-8")
    contract = re.sub(r"(?m)^( +)# ", r"\1", contract).replace("SHOP", "grocer")
    contract = contract.replace("data_type: integer", "data_type: numeric(18, 4)")
    staging = project / "models" / "staging" / "grocer"
    staging.mkdir()
    (staging / "grocer.yml").write_text(contract, encoding="utf-8")
    for described in yaml.safe_load(contract)["models"]:
        types = {column["name"]: column["data_type"] for column in described["columns"]}
        rows = ROWS[described["name"].removeprefix("stg_grocer__")]
        (staging / f"{described['name']}.sql").write_text(model(types, rows), encoding="utf-8")
    warehouse = new_warehouse(postgres, "grocer", folder, project)
    shop = {"sources": ["grocer"], "optional_models": {"refunds": ["grocer"]}}
    warehouse.dbt("build", "--exclude-resource-type", "unit_test", as_of="2017-01-09", **shop)
    return warehouse


def test_a_line_was_sold_for_its_amount_whatever_quantity_and_price_say(grocer: Warehouse) -> None:
    # 25.49 + 1.00 + 5.00
    assert grocer.row("marts.rpt_shop_totals")["revenue"] == Decimal("31.49")


def test_what_was_refunded_by_then_is_taken_off(grocer: Warehouse) -> None:
    # 31.49 - 5.49 - 0.40 - 0.10
    tables = ("rpt_shop_totals", "weekly_sales", "rpt_weekly_report")
    assert [grocer.row(f"marts.{name}")["net_revenue"] for name in tables] == [Decimal("25.50")] * 3
    cohort = grocer.row("marts.monthly_cohorts")
    assert (cohort["ltv_revenue"], cohort["ltv_net_revenue"]) == (
        Decimal("31.49"),
        Decimal("25.50"),
    )
    # and what came back whole, once: 5.49 + 0.40 + 0.10 + 7.00
    assert grocer.row("marts.cohort_deductions")["refunded_revenue"] == Decimal("12.99")


def test_a_margin_is_told_to_be_of_todays_cost_where_the_line_knows_none(grocer: Warehouse) -> None:
    lines = grocer.rows("select * from marts.fct_order_items where product_id is not null")
    assert {row["product_id"]: (row["margin"], row["cost_is_todays"]) for row in lines} == {
        # 25.49 - 5.49 - 12345 * 0.001
        "7": (Decimal("7.655"), True),
        # 1.00 - 0.40 - 0.10 - 2 * 0.10: one of three came back
        "8": (Decimal("0.3"), False),
        "9": (None, False),
    }


def test_refunds_that_cannot_be_true_are_warned_of(grocer: Warehouse) -> None:
    found = grocer.rows("select test_name, failures from ops.data_tests where status <> 'pass'")
    assert {row["test_name"]: row["failures"] for row in found} == {
        "assert_refunds_can_be_true": 4,
        # product 9 is not listed
        "products_of_lines_are_listed": 1,
    }
