"""Shopify's exports of a tea shop, as its admin writes them: what counts as what, to the cent.

Lines beyond an order's first hold its name and the article, and nothing of the order. The newer of
two overlapping exports has all of today's 79 columns, of the older the owner deleted most.
"""

import csv
import io
import os
import shutil
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from include.errors import UserError
from tests.support.shopify_export import HEADER
from tests.support.warehouses import Row, Warehouse, new_warehouse

pytestmark = [pytest.mark.nightly, pytest.mark.timeout(300)]

FEWER = "Name,Email,Created at,Lineitem quantity,Lineitem name,Lineitem price,Subtotal,Currency"
CUSTOMERS = (
    "Customer ID,First Name,Last Name,Email,Accepts Email Marketing,Default Address Company,"
    "Default Address Address1,Default Address Address2,Default Address City,"
    "Default Address Province Code,Default Address Country Code,Default Address Zip,"
    "Default Address Phone,Phone,Accepts SMS Marketing,Total Spent,Total Orders,Note,Tax Exempt,"
    "Tags"
)

Line = dict[str, str]


def line(name: str, price: str, quantity: str = "1", sku: str = "", discount: str = "0.00") -> Line:
    return {
        "Lineitem name": name,
        "Lineitem price": price,
        "Lineitem quantity": quantity,
        "Lineitem sku": sku,
        "Lineitem discount": discount,
        "Lineitem compare at price": "",
        "Vendor": "Serra",
    }


@dataclass
class Order:
    """An order as the export has it; what is not given is of a plain paid one."""

    name: str
    lines: list[Line]
    of_order: dict[str, str] = field(default_factory=dict)

    def rows(self) -> list[dict[str, str]]:
        plain = {
            "Financial Status": "paid",
            "Currency": "BRL",
            "Taxes": "0.00",
            "Shipping": "0.00",
            "Refunded Amount": "0.00",
            "Discount Amount": "0.00",
            "Payment Method": "Shopify Payments",
            "Source": "web",
            "Created at": "2025-06-02 12:00:00 -0300",
        }
        of_order = plain | self.of_order
        of_order.setdefault("Total", of_order["Subtotal"])
        in_each = {"Name": self.name, "Created at": of_order["Created at"]}
        first, *others = self.lines
        return [in_each | of_order | first, *(in_each | one for one in others)]


GREEN = "Green tea - 100 g"
ANA = {"Email": "Ana@Example.com ", "Billing Name": "Ana Souza", "Billing City": "Recife"}
BRUNO = {"Email": "bruno@example.com", "Billing Name": "Bruno Lima", "Billing Country": "BR"}

ORDERS = [
    Order(
        "#1001",
        [line(GREEN, "10.00", "3", "T-G"), line("Teapot", "39.90")],
        ANA
        | {"Created at": "2025-05-31 23:06:04 -0300", "Discount Amount": "5.00"}
        | {"Subtotal": "64.90", "Notes": 'first,\nsecond "line"\n', "Source": "580111"},
    ),
    # the tax is on top: 22.00 + 10.00 + 2.20
    Order(
        "#1002",
        [line("Teapot", "20.00", discount="5.00"), line("Cup", "10.00", sku="CUP")],
        {"Email": "ana@example.com", "Discount Amount": "8.00", "Subtotal": "22.00"}
        | {"Shipping": "10.00", "Taxes": "2.20", "Total": "34.20", "Source": "3890849"},
    ),
    Order(
        "#1003",
        [line(GREEN, "10.00", "1", "T-G"), line("Tip", "2.00"), line("Gift wrap - red", "3.00")],
        BRUNO | {"Subtotal": "13.00", "Total": "15.00"},
    ),
    # a replacement: an order, of nothing
    Order(
        "#1004",
        [line("Cup", "10.00", sku="CUP")],
        BRUNO | {"Discount Amount": "10.00", "Subtotal": "0.00", "Payment Method": ""},
    ),
    Order(
        "#1005",
        [line("Cup", "10.00", sku="CUP")],
        BRUNO | {"Subtotal": "10.00", "Cancelled at": "2025-06-03 23:30:00 -0300"},
    ),
    Order(
        "#1006",
        [line("Cup", "11.00", sku="CUP")],
        BRUNO
        | {"Subtotal": "11.00", "Refunded Amount": "11.00", "Financial Status": "refunded"}
        | {"Cancelled at": "2025-06-04 09:00:00 -0300"},
    ),
    Order(
        "#1007",
        [line("Cup", "12.00", sku="CUP")],
        BRUNO
        | {"Subtotal": "12.00", "Financial Status": "voided"}
        | {"Cancelled at": "2025-06-05 09:00:00 -0300"},
    ),
    Order(
        "#1008",
        [line("Cup", "13.00", sku="CUP")],
        BRUNO | {"Subtotal": "13.00", "Financial Status": "expired"},
    ),
    Order(
        "#1009",
        [line("Cup", "14.00", sku="CUP")],
        BRUNO | {"Subtotal": "14.00", "Refunded Amount": "14.00", "Financial Status": "refunded"},
    ),
    # the tax of a tenth is on top; of 33.00 paid back 3.00 are tax
    Order(
        "#1010",
        [line("Samovar", "100.00")],
        BRUNO
        | {"Subtotal": "100.00", "Shipping": "20.00", "Taxes": "12.00", "Total": "132.00"}
        | {"Refunded Amount": "33.00", "Financial Status": "partially_refunded"},
    ),
    # the tax is within the price and the freight
    Order(
        "#1011",
        [line("Tray", "50.00")],
        BRUNO
        | {"Subtotal": "50.00", "Shipping": "10.00", "Taxes": "5.45", "Total": "60.00"}
        | {"Refunded Amount": "12.00", "Financial Status": "partially_refunded"},
    ),
    # more than the goods was paid back: the rest is freight
    Order(
        "#1012",
        [line("Spoon", "10.00")],
        BRUNO
        | {"Subtotal": "10.00", "Shipping": "20.00", "Total": "30.00"}
        | {"Refunded Amount": "25.00", "Financial Status": "partially_refunded"},
    ),
    # to be paid on delivery, by people who give a telephone
    Order(
        "#1013",
        [line("Cup", "15.00", sku="CUP")],
        {"Subtotal": "15.00", "Financial Status": "pending", "Phone": "'+55 11 90000-0001"},
    ),
    Order(
        "#1014",
        [line("Cup", "15.00", sku="CUP")],
        {"Subtotal": "15.00", "Financial Status": "pending", "Billing Phone": "5511900000001"},
    ),
    Order("#1015", [line("Cup", "16.00", sku="CUP")], {"Subtotal": "16.00", "Source": "pos"}),
    Order(
        "#1016",
        [line("Cup", "17.00", sku="CUP"), line(GREEN, "10.00", sku="T-G")],
        {"Subtotal": "27.00", "Email": "test@example.com"}
        | {"Payment Method": "(for testing) Bogus Gateway"},
    ),
    # of a row that a spreadsheet has been at
    Order(
        "#1017",
        [line("Cup", "18.00", sku="CUP")],
        {"Subtotal": "18.00", "Created at": "03/06/2025 10:15"},
    ),
    Order(
        "#1018",
        [line("Cup", "19.00", sku="CUP"), line("Bowl", "99,90"), line("Bowl", "1.00", "0")],
        BRUNO | {"Subtotal": "118.90"},
    ),
    # a third of each to the cent: 0.19 and 0.19 and 0.63 would be too much
    Order(
        "#1019",
        [line("Biscuit", "3.34"), line("Sugar", "1.00"), line("Milk", "1.00")],
        BRUNO | {"Discount Amount": "1.00", "Subtotal": "4.34"},
    ),
]
OLDER = [
    # since then the third line was taken off
    Order(
        "#1001",
        [line(GREEN, "10.00", "3", "T-G"), line("Teapot", "39.90"), line("Cup", "10.00")],
        ANA | {"Created at": "2025-05-31 23:06:04 -0300", "Subtotal": "79.90"},
    ),
    Order(
        "#0999",
        [line("Teapot", "38.00")],
        {"Email": "carla@example.com", "Subtotal": "36.00"}
        | {"Created at": "2025-03-01 00:30:00 -0300"},
    ),
]
PEOPLE = [
    {"Customer ID": "'7000000000001", "First Name": "Ana", "Last Name": "Souza Dias"}
    | {"Email": "ANA@EXAMPLE.COM", "Default Address City": "Olinda", "Total Orders": "2"},
    {"Customer ID": "'7000000000002", "First Name": "Davi", "Total Orders": "2"}
    | {"Phone": "'+5511900000001"},
    {"Customer ID": "'7000000000003", "First Name": "Elisa", "Total Orders": "0"}
    | {"Email": "elisa@example.com"},
    {"Customer ID": "'7000000000004", "Total Orders": "0"},
]


def written(header: str, rows: list[dict[str, str]]) -> bytes:
    """UTF-8 without a mark, commas, line feeds; quotes where they are needed."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, header.split(","), extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def of(orders: list[Order]) -> list[dict[str, str]]:
    return [row for order in orders for row in order.rows()]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("exports")
    (folder / "orders_export_1.csv").write_bytes(written(HEADER, of(ORDERS)))
    (folder / "customers_export.csv").write_bytes(written(CUSTOMERS, PEOPLE))
    older = folder / "orders march.csv"
    older.write_bytes(written(FEWER, of(OLDER)))
    os.utime(older, (1, 1))
    return folder


@pytest.fixture(scope="module")
def shop(postgres: Path, files: Path, tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    warehouse = new_warehouse(postgres, "shopify_files", tmp_path_factory.mktemp("shopify"))
    warehouse.load("shopify", files)
    build(warehouse)
    return warehouse


def build(warehouse: Warehouse, **dbt_vars: Any) -> None:
    options = ("--exclude-resource-type", "unit_test", "--select", "staging.shopify")
    warehouse.dbt("build", *options, sources=["shopify"], **dbt_vars)


def orders(shop: Warehouse) -> dict[str, Row]:
    return {row["order_id"]: row for row in shop.rows("select * from staging.stg_shopify__orders")}


def amounts(shop: Warehouse, order: str) -> dict[str, Decimal]:
    query = f"select * from staging.stg_shopify__order_items where order_id = '{order}'"
    return {row["product_name"]: row["amount"] for row in shop.rows(query)}


def test_totals_are_of_orders_and_not_of_rows(shop: Warehouse, files: Path) -> None:
    """Against Python's csv and Decimal over the files' bytes."""
    subtotals, tips = {}, Decimal(0)
    with (files / "orders_export_1.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["Subtotal"]:
                subtotals[row["Name"]] = Decimal(row["Subtotal"])
            if row["Lineitem name"] == "Tip":
                tips += Decimal(row["Lineitem price"])
    # set aside: a test order, one without a date, and a bowl for 99,90
    expected = sum(subtotals.values()) - subtotals["#1016"] - subtotals["#1017"] - Decimal("99.90")
    [row] = shop.rows(
        "select count(distinct order_id) as orders, sum(amount) as amount"
        " from staging.stg_shopify__order_items where order_id <> '#0999'"
    )
    assert row == {"orders": len(subtotals) - 2, "amount": expected + tips}


def test_a_second_row_without_date_and_status_is_a_line_like_any_other(shop: Warehouse) -> None:
    query = "select order_item_id from staging.stg_shopify__order_items where order_id = '#1003'"
    found = {row["order_item_id"] for row in shop.rows(query)}
    assert found == {"#1003-1", "#1003-2", "#1003-3"}


def test_a_discount_of_the_order_is_spread_by_value_to_the_cent(shop: Warehouse) -> None:
    # of 5.00 are 30.00 / 69.90 2.15
    assert amounts(shop, "#1001") == {GREEN: Decimal("27.85"), "Teapot": Decimal("37.05")}
    # 1.00 / 5.34 is 0.187, 2.00 / 5.34 0.375: the largest line takes the rest
    assert amounts(shop, "#1019") == {
        "Sugar": Decimal("0.81"),
        "Milk": Decimal("0.82"),
        "Biscuit": Decimal("2.71"),
    }


def test_a_lines_own_discount_is_its_own_and_the_rest_the_orders(shop: Warehouse) -> None:
    # 3.00 of 8.00 are spread over 15.00 and 10.00
    assert amounts(shop, "#1002") == {"Teapot": Decimal("13.20"), "Cup": Decimal("8.80")}
    query = "select discount from staging.stg_shopify__order_items where order_id = '#1002'"
    assert sum(row["discount"] for row in shop.rows(query)) == Decimal("8.00")


def test_a_code_of_a_hundred_percent_leaves_an_order_of_nothing(shop: Warehouse) -> None:
    assert amounts(shop, "#1004") == {"Cup": Decimal(0)}
    assert not orders(shop)["#1004"]["is_cancelled"]


def test_tips_and_gift_wrapping_are_revenue_but_no_goods(shop: Warehouse) -> None:
    assert amounts(shop, "#1003") == {
        GREEN: Decimal("10.00"),
        "Tip": Decimal("2.00"),
        "Gift wrap - red": Decimal("3.00"),
    }
    products = shop.rows("select product_id, is_goods from staging.stg_shopify__products")
    assert {row["product_id"] for row in products if not row["is_goods"]} == {
        "Tip",
        "Gift wrap - red",
    }


def test_an_article_is_its_sku_or_else_its_name(shop: Warehouse) -> None:
    query = "select product_id, product_name, category from staging.stg_shopify__products"
    found = {row["product_id"]: row for row in shop.rows(query)}
    assert found["T-G"]["product_name"] == GREEN
    assert found["Teapot"] == {
        "product_id": "Teapot",
        "product_name": "Teapot",
        "category": "Serra",
    }


def test_the_day_is_the_shops_and_the_moment_utc(shop: Warehouse) -> None:
    order = orders(shop)["#1001"]
    assert order["ordered_on"] == date(2025, 5, 31)
    assert order["ordered_at"] == datetime(2025, 6, 1, 2, 6, 4)  # noqa: DTZ001
    assert orders(shop)["#1005"]["cancelled_on"] == date(2025, 6, 3)


def test_cancelled_refunded_and_voided_are_three_things(shop: Warehouse) -> None:
    fields = ("is_cancelled", "is_returned", "cancellation_reason", "cancelled_on")
    found = {name: tuple(order[one] for one in fields) for name, order in orders(shop).items()}
    assert {name: found[name] for name in ("#1005", "#1006", "#1007", "#1008", "#1009")} == {
        "#1005": (True, False, None, date(2025, 6, 3)),
        "#1006": (True, False, None, date(2025, 6, 4)),
        "#1007": (True, False, "voided", date(2025, 6, 5)),
        "#1008": (True, False, "expired", None),
        "#1009": (False, True, None, None),
    }
    assert Counter(order[:2] for order in found.values()) == {
        (False, False): len(found) - 5,
        (True, False): 4,
        (False, True): 1,
    }


def test_a_partial_refund_is_an_amount_of_the_order_without_tax_and_never_twice(
    shop: Warehouse,
) -> None:
    query = "select order_id, order_item_id, amount from staging.stg_shopify__refunds"
    assert {row["order_id"]: (row["order_item_id"], row["amount"]) for row in shop.rows(query)} == {
        "#1010": (None, Decimal("30.00")),
        "#1011": (None, Decimal("12.00")),
        "#1012": (None, Decimal("10.00")),
    }


def test_one_person_is_one_customer_however_the_e_mail_or_the_telephone_is_typed(
    shop: Warehouse,
) -> None:
    found = {name: order["customer_id"] for name, order in orders(shop).items()}
    assert found["#1001"] == found["#1002"]
    assert found["#1013"] == found["#1014"]
    # Ana, Bruno, Carla and a telephone
    assert len({one for one in found.values() if one}) == 4


def test_an_order_of_nobody_known_has_no_customer(shop: Warehouse) -> None:
    assert orders(shop)["#1015"]["customer_id"] is None
    empty = "select 1 from staging.stg_shopify__customers where trim(customer_id) = ''"
    assert shop.rows(empty) == []


def test_customers_are_as_in_their_export_or_else_in_their_latest_order(shop: Warehouse) -> None:
    query = "select * from staging.stg_shopify__customers"
    found = {
        (row["customer_name"], row["email"], row["city"], row["signed_up_on"])
        for row in shop.rows(query)
    }
    assert found == {
        ("Ana Souza Dias", "ana@example.com", "Olinda", date(2025, 5, 31)),
        ("Bruno Lima", "bruno@example.com", None, date(2025, 6, 2)),
        (None, "carla@example.com", None, date(2025, 3, 1)),
        ("Davi", None, None, date(2025, 6, 2)),
        ("Elisa", "elisa@example.com", None, None),
    }


def test_streets_and_telephones_are_not_stored(shop: Warehouse) -> None:
    stored = shop.rows("select * from landing.shopify__orders")
    assert not any("5511900000001" in str(value) for row in stored for value in row.values())
    assert not {"Billing Street", "Notes", "Phone"} & set(stored[0])


def test_a_channel_is_a_word_or_an_app_by_its_number(shop: Warehouse) -> None:
    found = {name: order["sales_channel"] for name, order in orders(shop).items()}
    assert [found[name] for name in ("#1001", "#1002", "#1003", "#1015", "#0999")] == [
        "web",
        "app 3890849",
        "web",
        "pos",
        None,
    ]


def test_what_cannot_be_used_is_set_aside_with_the_reason(shop: Warehouse) -> None:
    rows = shop.rows("select rejected_because from staging.stg_shopify__rejected_rows")
    assert Counter(row["rejected_because"] for row in rows) == {
        "a test order, paid by Bogus Gateway": 2,
        "Created at is not a date": 1,
        "Lineitem price is not a number": 1,
        "Lineitem quantity is not positive": 1,
    }
    assert not {"#1016", "#1017"} & orders(shop).keys()


def test_of_two_exports_the_newer_tells_all_lines_of_an_order(shop: Warehouse) -> None:
    assert set(amounts(shop, "#1001")) == {GREEN, "Teapot"}
    assert amounts(shop, "#0999") == {"Teapot": Decimal("36.00")}


@pytest.fixture(scope="module")
def policies(
    shop: Warehouse, postgres: Path, tmp_path_factory: pytest.TempPathFactory
) -> Warehouse:
    """The same shop, which counts neither what is pending nor the tax within prices."""
    folder = tmp_path_factory.mktemp("policies")
    copy = new_warehouse(postgres, "shopify_policies", folder, template="shopify_files")
    build(copy, shopify_pending_orders_count=False, shopify_revenue_holds_tax=False)
    return copy


def test_a_shop_may_leave_out_orders_that_are_pending(policies: Warehouse) -> None:
    found = [orders(policies)[name] for name in ("#1013", "#1014")]
    assert [(order["is_cancelled"], order["cancellation_reason"]) for order in found] == [
        (True, "pending")
    ] * 2


def test_a_shop_may_leave_out_the_tax_that_is_within_prices(policies: Warehouse) -> None:
    # 50.00 of 60.00 hold 4.54 of 5.45; what is on top was never counted
    assert amounts(policies, "#1011") == {"Tray": Decimal("45.46")}
    assert amounts(policies, "#1010") == {"Samovar": Decimal("100.00")}
    query = "select amount from staging.stg_shopify__refunds where order_id = '#1011'"
    # 12.00 * (60.00 - 5.45) / 60.00
    assert policies.rows(query) == [{"amount": Decimal("10.91")}]


def test_an_export_that_leaves_orders_out_is_warned_of(
    shop: Warehouse, policies: Warehouse
) -> None:
    failed = "select test_name, status from ops.data_tests where status <> 'pass'"
    # #0999 and #1001 to #1019: one of twenty-one is missing
    assert shop.rows(failed) == []
    # every second of the last ten
    policies.execute(
        "delete from staging.base_shopify__orders where order_name in"
        " ('#1010', '#1012', '#1014', '#1016')"
    )
    name = "assert_no_shopify_orders_are_left_out"
    policies.dbt("test", "--select", name, sources=["shopify"])
    assert policies.rows(failed) == [{"test_name": name, "status": "warn"}]


# --- files that are refused


def test_rows_that_a_spreadsheet_has_put_into_one_value_are_refused(
    warehouse: Warehouse, tmp_path: Path
) -> None:
    header, *rows = written(HEADER, of(ORDERS[1:])).decode().splitlines()
    text = io.StringIO(newline="")
    csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows([row] for row in rows)
    data = tmp_path / "data"
    data.mkdir()
    (data / "orders_export.csv").write_text(f"{header}\n{text.getvalue()}")
    with pytest.raises(UserError, match="export the file again, and load it without opening it"):
        warehouse.load("shopify", data)


def test_days_that_a_spreadsheet_has_turned_are_declared_and_not_guessed(
    warehouse: Warehouse, tmp_path: Path
) -> None:
    rows = of(ORDERS)
    for row in rows:
        row["Created at"] = "03/06/2025 10:15"
    data = tmp_path / "data"
    data.mkdir()
    (data / "orders_export.csv").write_bytes(written(HEADER, rows))
    with pytest.raises(UserError, match="day_first"):
        warehouse.load("shopify", data)


def test_an_export_without_prices_is_refused_with_the_missing_column(
    warehouse: Warehouse, tmp_path: Path
) -> None:
    data = tmp_path / "data"
    data.mkdir()
    some = HEADER.replace("Lineitem price,", "")
    (data / "orders_export.csv").write_bytes(written(some, of(ORDERS)))
    with pytest.raises(UserError, match=r"lacks 'Lineitem price' .*with all of its columns"):
        warehouse.load("shopify", data)


# --- real exports, whose totals others have counted


@pytest.mark.parametrize(
    ("export", "orders_", "customers", "sold_for", "discount", "refunded"),
    [
        # Subtotal and nine tips of 46.24; of 991.45 paid back 65.83 are tax
        ("us_refunds_tips_subscriptions", 153, 134, "12384.21", "3518.67", "925.62"),
        ("cod_newlines_crlf_no_email", 50, 50, "75610", "10140", None),
        ("ar_mercadopago", 25, 25, "1094750", "374830", None),
    ],
)
def test_real_exports_load_as_downloaded_and_hold_their_totals(
    export: str,
    orders_: int,
    customers: int,
    sold_for: str,
    discount: str,
    refunded: str | None,
    shared_data: Callable[[str], Path],
    postgres: Path,
    tmp_path: Path,
) -> None:
    data = tmp_path / "data"
    data.mkdir()
    name = f"orders_export_{export}.redacted.csv"
    shutil.copy(shared_data(f"platforms/shopify/{name}"), data / name)
    warehouse = new_warehouse(postgres, f"shopify_{export}", tmp_path)
    warehouse.load("shopify", data)
    build(warehouse)
    [found] = warehouse.rows(
        "select count(distinct order_id) as orders, sum(amount) as amount,"
        " sum(discount) as discount, (select sum(amount) from staging.stg_shopify__refunds)"
        " as refunded from staging.stg_shopify__order_items"
    )
    assert found == {
        "orders": orders_,
        "amount": Decimal(sold_for),
        "discount": Decimal(discount),
        "refunded": refunded and Decimal(refunded),
    }
    assert len({order["customer_id"] for order in orders(warehouse).values()}) == customers
    assert warehouse.rows("select * from staging.stg_shopify__rejected_rows") == []


def test_a_real_export_of_few_columns_is_refused_with_what_it_lacks(
    warehouse: Warehouse, tmp_path: Path, shared_data: Callable[[str], Path]
) -> None:
    data = tmp_path / "data"
    data.mkdir()
    name = "orders_export_34_columns_dates_ddmmyyyy.redacted.csv"
    shutil.copy(shared_data(f"platforms/shopify/{name}"), data / name)
    with pytest.raises(UserError, match="lacks 'Lineitem price' of Shopify's orders"):
        warehouse.load("shopify", data)


def test_a_real_export_that_a_spreadsheet_has_broken_is_refused_with_what_to_do(
    warehouse: Warehouse, tmp_path: Path, shared_data: Callable[[str], Path]
) -> None:
    data = tmp_path / "data"
    data.mkdir()
    name = "orders_export_broken_by_excel_rows_in_quotes.redacted.csv"
    shutil.copy(shared_data(f"platforms/shopify/{name}"), data / name)
    with pytest.raises(UserError, match="export the file again, and load it without opening it"):
        warehouse.load("shopify", data)
