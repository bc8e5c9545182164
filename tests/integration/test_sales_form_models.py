"""A sale that was typed in is an order of its shop: its customer, product and week are the shop's.

The shop is the demo shop with two orders of the test's own, so that every figure is worked by hand.
"""

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from include.sales_form.choices import Choice, choices, customers, product_name, unknown
from include.sales_form.entries import Entry, correct, enter, void
from include.sales_form.role import make_form_role
from include.sales_form.sale import Rules, Sale, checked_sale
from include.warehouse.reader import make_embedded_reader
from tests.support.warehouses import Warehouse, demo_shop

RULES = Rules(date(2026, 11, 15), date(1980, 1, 1), ("demo_shop", "olist"))
SOURCES = ["demo_shop", "sales_form"]
MODELS = (
    "--select",
    "+rpt_shop_totals",
    "+rpt_weekly_report",
    "+dim_sellers",
    "+dim_sales_channels",
    "path:models/staging/sales_form",
)
SALE = UUID(int=1)
CORRECTED, VOIDED, OLD, TWICE, BY_NOBODY = (UUID(int=number) for number in range(2, 7))

pytestmark = [pytest.mark.nightly, pytest.mark.timeout(300)]


def sale(day: str, **other: Any) -> Sale:
    fields = {"source_name": "demo_shop", "sold_on": day, "quantity": 1, "currency": "BRL"}
    return checked_sale({**fields, **other}, RULES)


@pytest.fixture(scope="module")
def shop(postgres: Path, tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """The shop of two orders, before anybody has entered a sale."""
    shop = demo_shop(postgres, "sales_form", tmp_path_factory.mktemp("sales_form"))
    for table in ("orders", "order_items", "order_cancellations", "order_returns"):
        shop.execute(f"delete from landing.raw_{table}")
    shop.execute("""
        insert into landing.raw_orders values
            ('1', 'C000001', '2026-11-09T15:00:00Z', 'site', 'S01'),
            ('2', 'C000002', '2026-11-10T15:00:00Z', 'site', 'S02');
        insert into landing.raw_order_items values
            ('1', '1', 'P0001', 1, 10, 0),
            ('2', '2', 'P0002', 1, 20, 0)
    """)
    build(shop)
    return shop


def build(shop: Warehouse) -> None:
    shop.dbt("run", *MODELS, as_of="2026-11-16", sources=SOURCES)


@pytest.fixture(scope="module")
def before(shop: Warehouse) -> dict[str, Any]:
    """The shop's figures without a typed sale."""
    return shop.row("marts.rpt_shop_totals")


@pytest.fixture(scope="module")
def typed(shop: Warehouse, before: dict[str, Any]) -> Warehouse:
    """The shop with sales of all kinds."""
    assert before["orders"] == 2
    make_embedded_reader(shop, personal=True)
    make_form_role(shop)

    def entered(entry_id: UUID, one: Sale, name: str = "Mug") -> Entry:
        return enter(shop, entry_id, one, name, "ana").entry

    known = {"customer_id": "C000001", "product_id": "P0001", "seller_id": "S01"}
    entered(SALE, sale("2026-11-11", quantity=2, unit_price="19,90", sales_channel="site", **known))
    new = {
        "new_customer": {"name": "Ana Souza", "state": "SP"},
        "new_product": "Gift card",
        "unit_price": "5",
    }
    first = entered(CORRECTED, sale("2026-11-12", **new))
    third = sale("2026-11-12", **{**new, "quantity": 3})
    correct(shop, uuid4(), first, third, "", "miscounted", "bia")
    void(
        shop,
        uuid4(),
        entered(VOIDED, sale("2026-11-12", unit_price="100", **known)),
        "none",
        "ana",
    )
    entered(OLD, sale("1985-01-01", unit_price="100", **known))
    other_shop = {"source_name": "olist", "product_id": "p1", "unit_price": "100"}
    entered(uuid4(), sale("2026-11-12", **other_shop))
    # what the shop has told, once by its customer, once by its product
    entered(TWICE, sale("2026-11-10", customer_id="C000002", new_product="Cup", unit_price="20"))
    entered(BY_NOBODY, sale("2026-11-09", product_id="P0001", unit_price="10"))
    build(shop)
    return shop


def test_a_shop_where_nobody_has_typed_anything_is_as_it_was(
    shop: Warehouse, before: dict[str, Any]
) -> None:
    assert (before["orders"], before["revenue"]) == (2, Decimal("30.00"))
    assert shop.rows("select * from landing.sales_form__entries limit 0") == []


def test_typed_sales_are_in_the_reports_figures(typed: Warehouse, before: dict[str, Any]) -> None:
    # 10 and 20 of the shop; twice 19.90, thrice 5, 20 and 10 typed in
    totals, week = typed.row("marts.rpt_shop_totals"), typed.row("marts.rpt_weekly_report")
    assert (totals["orders"], totals["revenue"]) == (6, Decimal("114.80"))
    assert (week["orders"], week["revenue"]) == (6, Decimal("114.80"))
    assert totals["customers"] == before["customers"] + 1
    assert (totals["currency"], totals["rejected_rows"]) == ("BRL", before["rejected_rows"] + 1)


def test_a_typed_sale_has_the_customer_product_and_seller_of_its_shop(typed: Warehouse) -> None:
    [order] = typed.rows(
        f"""
        select
            customers.customer_id, products.product_name, sellers.seller_name,
            channels.sales_channel_name, items.quantity, items.revenue, orders.ordered_on
        from marts.fct_orders as orders
        inner join marts.fct_order_items as items using (order_key)
        inner join marts.dim_customers as customers on orders.customer_key = customers.customer_key
        inner join marts.dim_products as products on items.product_key = products.product_key
        inner join marts.dim_sellers as sellers on orders.seller_key = sellers.seller_key
        inner join marts.dim_sales_channels as channels
            on orders.sales_channel_key = channels.sales_channel_key
        where orders.source_name = 'demo_shop' and orders.order_id = '{SALE}'
        """
    )
    listed = typed.row("(select * from landing.raw_products where product_id = 'P0001') as p")
    assert order == {
        "customer_id": "C000001",
        "product_name": listed["product_name"],
        "seller_name": "Aragão Brito - ME",
        "sales_channel_name": "Site",
        "quantity": 2,
        "revenue": Decimal("39.80"),
        "ordered_on": date(2026, 11, 11),
    }


def test_whom_and_what_the_shop_does_not_know_it_knows_then(typed: Warehouse) -> None:
    assert typed.rows(
        "select customer_id, customer_name, state, signed_up_on from marts.dim_customers"
        " where source_name = 'demo_shop' and customer_id like 'form:%'"
    ) == [
        {
            "customer_id": f"form:{CORRECTED}",
            "customer_name": "Ana Souza",
            "state": "SP",
            "signed_up_on": date(2026, 11, 12),
        }
    ]
    assert typed.rows(
        "select product_id, product_name, list_price from marts.dim_products"
        " where product_id like 'form:%' order by 1"
    ) == [
        {"product_id": "form:cup", "product_name": "Cup", "list_price": 20},
        {"product_id": "form:gift card", "product_name": "Gift card", "list_price": 5},
    ]


def test_sales_that_the_shop_told_too_are_warned_of(typed: Warehouse) -> None:
    tests = ("--select", "path:models/staging/sales_form", "assert_no_typed_sale_is_in_its_shop")
    typed.dbt("test", *tests, as_of="2026-11-16", sources=SOURCES)
    assert typed.rows("select * from ops.data_tests where status <> 'pass'") == [
        {"test_name": "assert_no_typed_sale_is_in_its_shop", "status": "warn", "failures": 2}
    ]


def test_what_the_shop_has_is_offered(typed: Warehouse) -> None:
    offered = choices(typed, "demo_shop")
    assert Choice("S01", "Aragão Brito - ME") in offered.sellers
    assert Choice("loja_fisica", "Loja física") in offered.channels
    assert {"form:gift card", "P0001", "P0002"} <= {one.id for one in offered.products}
    assert ("SP" in offered.states, offered.currency) == (True, "BRL")
    assert choices(typed, "olist").sellers == ()
    named = "(select * from marts.dim_customers where customer_id = 'C000002') as c"
    name = typed.row(named)["customer_name"]
    assert Choice("C000002", name) in customers(typed, "demo_shop", name.upper())
    known = sale("2026-11-12", customer_id="C000001", product_id="P0001", unit_price="1")
    assert unknown(typed, known) == []
    assert unknown(typed, known.model_copy(update={"product_id": "P9999"})) == ["product_id"]
    assert product_name(typed, known) != "P0001"
