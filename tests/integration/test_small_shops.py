"""Shops of a handful of orders, worked by hand: what a thousand customers hide shows in them.

Each is the demo shop with the test's orders in place of its own, built with every data test.
"""

from collections.abc import Callable, Iterable
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

import psycopg2
import pytest

from tests.support.warehouses import Row, Warehouse, demo_shop

ONLY_DATA_TESTS = ("--exclude-resource-type", "seed", "unit_test")

pytestmark = pytest.mark.timeout(300)


class Order(NamedTuple):
    """An order of one line."""

    customer: str | None
    day: str
    price: str = "10.00"
    cancelled: str | None = None


Build = Callable[[Iterable[Order], str], Warehouse]


@pytest.fixture(scope="module")
def build(postgres: Path, tmp_path_factory: pytest.TempPathFactory) -> Build:
    """Build everything of a shop as of a date."""
    warehouse = demo_shop(postgres, "small_shops", tmp_path_factory.mktemp("small_shops"))

    def build_shop(orders: Iterable[Order], as_of: str) -> Warehouse:
        place(warehouse, orders)
        warehouse.dbt("build", *ONLY_DATA_TESTS, as_of=as_of)
        return warehouse

    return build_shop


def place(warehouse: Warehouse, orders: Iterable[Order]) -> None:
    """Let the landing hold these orders and no others."""
    with (
        closing(psycopg2.connect(warehouse.url)) as connection,
        connection,
        connection.cursor() as cursor,
    ):
        for table in ("orders", "order_items", "order_cancellations", "order_returns"):
            cursor.execute(f"delete from landing.raw_{table}")
        for number, order in enumerate(orders):
            cursor.execute(
                "insert into landing.raw_orders values (%s, %s, %s, 'site', 'S01')",
                (number, order.customer, f"{order.day}T15:00:00Z"),
            )
            cursor.execute(
                "insert into landing.raw_order_items values (%s, %s, 'P0001', 1, %s, 0)",
                (number, number, order.price),
            )
            if order.cancelled:
                cursor.execute(
                    "insert into landing.raw_order_cancellations values (%s, %s, 'changed mind')",
                    (number, f"{order.cancelled}T15:00:00Z"),
                )


def weeks(warehouse: Warehouse) -> list[Row]:
    return warehouse.rows("select * from marts.weekly_churn order by week_starts_on")


def test_a_customer_lost_since_sunday_was_one_when_the_week_ended(build: Build) -> None:
    orders = [
        Order("B", "2026-01-05"),
        # known on the Tuesday
        Order("A", "2026-01-08", cancelled="2026-01-12"),
    ]
    shop = build(orders, "2026-01-14")  # a Wednesday
    [week] = weeks(shop)
    assert week["customers_at_end"] == 2
    assert shop.row("marts.customer_churn")["customer_id"] == "B"


def test_a_shop_that_only_guests_bought_from_has_its_orders_in_the_report(build: Build) -> None:
    shop = build([Order(None, "2026-01-07")], "2026-01-12")
    [week] = weeks(shop)
    assert (week["customers_at_end"], week["active_customers_at_end"]) == (0, 0)
    report = shop.row("marts.rpt_weekly_report")
    assert (report["orders"], report["revenue"]) == (1, Decimal("10.00"))


def test_revenue_that_left_is_told_against_what_counted_when_the_week_began(build: Build) -> None:
    orders = [
        Order("Bia", "2026-03-10", "50.00"),
        Order("Dora", "2026-04-01", "100.00", cancelled="2026-04-15"),
    ]
    before = weeks(build(orders, "2026-04-13"))[-1]
    week_before, week = weeks(build(orders, "2026-04-20"))[-2:]
    assert week_before == before
    assert before["revenue_at_start"] == Decimal("150.00")
    assert week["churn_rate"] == Decimal("0.5")
    assert (week["churned_revenue"], week["revenue_at_start"]) == (100, 150)
    assert week["revenue_churn_rate"] == Decimal("0.666667")


def test_an_export_that_holds_every_row_twice_gives_the_same_totals(build: Build) -> None:
    orders = [
        Order("C00001", "2026-01-05"),
        Order("C00002", "2026-01-06", "20.00", cancelled="2026-01-07"),
        Order("C00002", "2026-01-08", "30.00"),
    ]
    shop = build(orders, "2026-01-12")
    once = shop.row("marts.rpt_shop_totals")
    spend = shop.rows("select * from shop.marketing_spend order by 1, 2, 4")
    [tables] = shop.rows(
        "select array_agg(table_name::text) as names from information_schema.tables"
        " where table_schema = 'landing' and table_name like 'raw_%'"
    )
    for table in tables["names"]:
        shop.execute(f"insert into landing.{table} select * from landing.{table}")
    shop.dbt("build", *ONLY_DATA_TESTS, as_of="2026-01-12")
    # three orders and their lines are set aside the second time
    assert shop.row("marts.rpt_shop_totals") == once | {"rejected_rows": once["rejected_rows"] + 6}
    assert shop.rows("select * from shop.marketing_spend order by 1, 2, 4") == spend
