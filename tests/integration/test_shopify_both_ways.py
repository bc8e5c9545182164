"""A made-up shop of Shopify by its export and by its API: the same orders and customers."""

import csv
import io
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from include.connections import Connection
from include.sync.sources import declared_sources
from include.sync.sync import sync
from tests.support import fake_shopify
from tests.support.fake_shopify import TOKEN, FakeShopify, Node, iso, money
from tests.support.warehouses import Warehouse, new_warehouse

pytestmark = [pytest.mark.nightly, pytest.mark.timeout(300)]

ZONE = ZoneInfo("America/Sao_Paulo")
NOBODY: Node = {"email": None, "phone": None, "billingAddress": None, "shippingAddress": None}
Line = tuple[str, str, str, int, str]


def sell(
    fake: FakeShopify, *lines: Line, shipping: str = "5.00", tips: str = "0", **more: Any
) -> int:
    """An order of lines: title, SKU, price, units, what was knocked off the line."""
    order_id = fake.create(lines=len(lines), **more)
    order = fake.orders[order_id]
    subtotal = discounts = Decimal(0)
    for line, (name, sku, price, quantity, discount) in zip(order["lineItems"], lines, strict=True):
        line |= {"name": name, "sku": sku or None, "quantity": quantity}
        line["originalUnitPriceSet"] = money(price)
        if Decimal(discount):
            line["discountAllocations"] = [{"allocatedAmountSet": money(discount)}]
        subtotal += Decimal(price) * quantity - Decimal(discount)
        discounts += Decimal(discount)
    taxes = Decimal(order["totalTaxSet"]["shopMoney"]["amount"])
    total = subtotal + Decimal(shipping) + Decimal(tips)
    order |= {
        "subtotalPriceSet": money(str(subtotal)), "totalShippingPriceSet": money(shipping),
        "totalDiscountsSet": money(str(discounts)), "totalTipReceivedSet": money(tips),
        "totalPriceSet": money(str(total if order["taxesIncluded"] else total + taxes)),
    }  # fmt: skip
    return order_id


def exported(fake: FakeShopify) -> str:
    """The shop's orders as its admin exports them: a row a line, a tip among them."""
    rows = []
    for order in fake.orders.values():
        lines = [
            {
                "Lineitem name": line["name"], "Lineitem sku": line["sku"] or "",
                "Lineitem price": amount(line["originalUnitPriceSet"]), "Vendor": line["vendor"],
                "Lineitem quantity": line["quantity"],
                "Lineitem discount": sum(
                    Decimal(amount(one["allocatedAmountSet"]))
                    for one in line["discountAllocations"]
                ),
            }
            for line in order["lineItems"]
        ]  # fmt: skip
        if Decimal(amount(order["totalTipReceivedSet"])):
            tip = {"Lineitem name": "Tip", "Lineitem quantity": 1, "Lineitem discount": "0.00"}
            lines.append(tip | {"Lineitem price": amount(order["totalTipReceivedSet"])})
        in_each = {"Name": order["name"], "Created at": local(order["createdAt"])}
        rows.append(in_each | of_order(order) | lines[0])
        rows += [in_each | line for line in lines[1:]]
    names = list(rows[0])
    out = io.StringIO()
    writer = csv.DictWriter(out, names, restval="")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def of_order(order: Node) -> Node:
    refunded = sum(
        Decimal(amount(one["amountSet"]))
        for refund in order["refunds"]
        for one in refund["transactions"]
        if one["status"] == "SUCCESS"
    )
    told = {
        "Billing Name": (order["billingAddress"] or {}).get("name", ""),
        "Email": order["email"] or "", "Phone": order["phone"] or "",
        "Financial Status": order["displayFinancialStatus"].lower(),
        "Currency": order["currencyCode"], "Subtotal": amount(order["subtotalPriceSet"]),
        "Shipping": amount(order["totalShippingPriceSet"]), "Taxes": amount(order["totalTaxSet"]),
        "Total": amount(order["totalPriceSet"]), "Refunded Amount": f"{refunded:.2f}",
        "Discount Amount": amount(order["totalDiscountsSet"]), "Source": order["sourceName"],
        "Cancelled at": local(order["cancelledAt"]) if order["cancelledAt"] else "",
        "Payment Method": "(for testing) Bogus Gateway" if order["test"] else "Pix",
    }  # fmt: skip
    for of in ("Billing", "Shipping"):
        where = order[f"{of.lower()}Address"] or {}
        told |= {
            f"{of} City": where.get("city", ""), f"{of} Province": where.get("provinceCode", ""),
            f"{of} Country": where.get("countryCodeV2", ""), f"{of} Phone": where.get("phone", ""),
        }  # fmt: skip
    return told


def amount(of: Node) -> str:
    return str(of["shopMoney"]["amount"])


def local(at: str) -> str:
    return datetime.fromisoformat(at).astimezone(ZONE).strftime("%Y-%m-%d %H:%M:%S %z")


def shop_of(fake: FakeShopify) -> None:
    """Ana buys thrice, Bia by telephone alone; one order each of what is special."""
    fake.now = datetime(2025, 6, 1, 2, 6, 4, tzinfo=UTC)  # still May in the shop
    ana, bia = {"email": "ana@example.com"}, NOBODY | {"phone": "+55 81 98888-0001"}
    first = ("Green tea - 100 g", "T-G", "10.00", 3, "2.27")
    sell(fake, first, ("Teapot", "", "39.90", 1, "0"), **ana)
    fake.now += timedelta(days=30)
    sell(fake, ("Cup", "CUP", "10.00", 2, "0"), tips="2.00", **{"email": " ANA@example.com "})
    sell(fake, ("Cup", "CUP", "10.00", 1, "0"), **bia)
    sell(fake, ("Cup", "CUP", "12.00", 1, "0"), taxesIncluded=False, **bia)
    fake.now += timedelta(days=30)
    cancelled = {"cancelledAt": iso(fake.now), "displayFinancialStatus": "VOIDED"}
    sell(fake, ("Cup", "CUP", "13.00", 1, "0"), **ana, **cancelled)
    sell(fake, ("Cup", "CUP", "14.00", 1, "0"), test=True)
    sell(fake, ("Cup", "CUP", "15.00", 1, "0"), **NOBODY, customer=None, sourceName="pos")
    part = sell(fake, ("Cup", "CUP", "20.00", 2, "0"), email="caio@example.com")
    fake.change(part, displayFinancialStatus="PARTIALLY_REFUNDED")
    whole = sell(fake, ("Cup", "CUP", "16.00", 1, "0"), email="caio@example.com")
    goods_only = sell(fake, ("Cup", "CUP", "17.00", 1, "0"), email="caio@example.com")
    for days, order, back in ((3, part, "20.00"), (9, part, "22.50"), (12, whole, "21.00")):
        fake.now = datetime(2025, 8, days, 1, tzinfo=UTC)  # the day before, in the shop
        fake.refund(order, amount=back)
    fake.change(whole, displayFinancialStatus="REFUNDED")
    fake.refund(goods_only, amount=None)


@pytest.fixture(scope="module")
def both(postgres: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Warehouse, Warehouse]:
    """The shop by its export, and by its API alone."""
    folder = tmp_path_factory.mktemp("both_ways")
    by_file = new_warehouse(postgres, "shopify_by_file", folder)
    by_api = new_warehouse(postgres, "shopify_by_api", folder)
    with fake_shopify.fake_shopify() as fake:
        shop_of(fake)
        (folder / "orders_export.csv").write_text(exported(fake))
        by_file.load("shopify", folder)
        load(fake, by_api)
    for warehouse in (by_file, by_api):
        build(warehouse)
    return by_file, by_api


def load(fake: FakeShopify, warehouse: Warehouse) -> None:
    connection = Connection("http", fake.url, None, None, TOKEN, None)
    sync(declared_sources()["shopify"], "api_orders", warehouse, connection, say=lambda _: None)


def build(warehouse: Warehouse) -> None:
    options = ("--exclude-resource-type", "unit_test", "--select", "staging.shopify")
    warehouse.dbt("build", *options, sources=["shopify"])


@pytest.mark.parametrize(
    "query",
    [
        "select order_id, sales_channel, is_cancelled, is_returned, cancellation_reason, currency,"
        " cancelled_on, ordered_on, ordered_at from staging.stg_shopify__orders",
        "select order_item_id, order_id, product_id, product_name, quantity, unit_price, discount,"
        " amount from staging.stg_shopify__order_items",
        "select order_id, sum(amount) from staging.stg_shopify__refunds group by 1",
        "select product_id, product_name, category, is_goods from staging.stg_shopify__products",
        "select email, city, state, country, signed_up_on from staging.stg_shopify__customers",
        # a pseudonym is of its warehouse
        "select string_agg(order_id, ' ' order by order_id) from staging.stg_shopify__orders"
        " group by customer_id",
        "select rejected_because from staging.stg_shopify__rejected_rows",
    ],
    ids=["orders", "lines", "refunds", "products", "customers", "whose", "rejected"],
)
def test_the_export_and_the_api_tell_the_same(
    both: tuple[Warehouse, Warehouse], query: str
) -> None:
    by_file, by_api = (sorted(map(str, warehouse.rows(query))) for warehouse in both)
    assert by_api == by_file != []


def test_only_the_api_tells_on_which_days_money_went_back(
    both: tuple[Warehouse, Warehouse],
) -> None:
    by_file, by_api = both
    refunds = "select order_id, refunded_on, amount from staging.stg_shopify__refunds order by 2"
    # of 42.50 are goods for 40.00, and the rest freight; it was the evening before in the shop
    assert by_api.rows(refunds) == [
        {"order_id": "#1008", "refunded_on": date(2025, 8, 2), "amount": Decimal("20.00")},
        {"order_id": "#1008", "refunded_on": date(2025, 8, 8), "amount": Decimal("20.00")},
    ]
    assert [row["refunded_on"] for row in by_file.rows(refunds)] == [None]
    returned = "select order_id, returned_on from staging.stg_shopify__orders where is_returned"
    assert by_api.rows(returned) == [{"order_id": "#1009", "returned_on": date(2025, 8, 11)}]
    assert by_file.rows(returned) == [{"order_id": "#1009", "returned_on": None}]


def test_history_comes_from_the_export_and_an_order_of_both_is_as_the_api_has_it(
    postgres: Path, both: tuple[Warehouse, Warehouse], tmp_path: Path
) -> None:
    mixed = new_warehouse(postgres, "shopify_mixed", tmp_path, template="shopify_by_file")
    before = mixed.rows("select order_id, customer_id from staging.stg_shopify__orders")
    with fake_shopify.fake_shopify() as fake:
        shop_of(fake)
        fake.scopes.remove("read_all_orders")
        fake.now = datetime(2025, 9, 1, tzinfo=UTC)
        changed = next(one for one in fake.orders.values() if one["name"] == "#1007")
        fake.change(fake_shopify.number_of(changed), cancelledAt=iso(fake.now))
        sell(fake, ("Cup", "CUP", "18.00", 1, "0"), email="ana@example.com")
        unnamed = sell(fake, ("Cup", "CUP", "19.00", 1, "0"), **NOBODY)
        number = fake_shopify.number_of(fake.orders[unnamed]["customer"])
        load(fake, mixed)
    build(mixed)
    orders = {
        row["order_id"]: row for row in mixed.rows("select * from staging.stg_shopify__orders")
    }
    assert orders.keys() == {row["order_id"] for row in before} | {"#1011", "#1012"}
    assert orders["#1007"]["is_cancelled"]
    # Ana's first order is older than sixty days, her last is only in the API
    assert orders["#1001"]["customer_id"] == orders["#1011"]["customer_id"] is not None
    # of whom there is nothing else
    assert orders["#1012"]["customer_id"] == str(number)
    # by the export alone
    names = "select customer_name from staging.stg_shopify__customers where email like 'ana@%'"
    assert mixed.rows(names) == [{"customer_name": "Ana Souza"}]
    came = mixed.rows(
        "select order_name, max(file_name) as file from staging.base_shopify__order_rows"
        " group by 1 order by 1"
    )
    assert {row["order_name"] for row in came if row["file"] != "API"} == {
        *("#1001", "#1002", "#1003", "#1004")
    }
    test = "assert_export_and_api_are_of_one_shop"
    ended = f"select status, failures from ops.data_tests where test_name = '{test}'"
    assert mixed.rows(ended) == [{"status": "pass", "failures": 0}]
    # another shop's export, which has the same numbers
    mixed.execute("update landing.shopify__orders set created_at = '2024' || substr(created_at, 5)")
    mixed.dbt("test", "--select", test, sources=["shopify"])
    [warned] = mixed.rows(ended)
    assert (warned["status"], warned["failures"]) == ("warn", 6)  # #1005 to #1010
