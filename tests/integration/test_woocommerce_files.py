"""WooCommerce's orders of a tea shop, as plugins export them with a row a line.

The newest file has the fields that docs/woocommerce.md asks for, an older one those that Advanced
Order Export writes by default, where of each line only the units that were kept are told, in
Portuguese. A third is of SkyVerge's plugin.
"""

import csv
import io
import os
from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from include.connections import Connection
from include.errors import UserError
from include.sync.sources import declared_sources
from include.sync.sync import sync
from tests.support import fake_shops
from tests.support.warehouses import Row, Warehouse, new_warehouse

pytestmark = [pytest.mark.nightly, pytest.mark.timeout(300)]

DEFAULT = (
    "Order Number,Order Status,Order Date,Customer Note,First Name (Billing),Last Name (Billing),"
    "Company (Billing),Address 1&2 (Billing),City (Billing),State Code (Billing),"
    "Postcode (Billing),Country Code (Billing),Email (Billing),Phone (Billing),"
    "Payment Method Title,Cart Discount Amount,Order Subtotal Amount,Shipping Method Title,"
    "Order Shipping Amount,Order Refund Amount,Order Total Amount,Order Total Tax Amount,SKU,"
    "Item #,Item Name,Quantity (- Refund),Item Cost,Coupon Code,Discount Amount,"
    "Discount Amount Tax"
)
FULL = f"{DEFAULT},Quantity,Order Line Subtotal,Order Line Total,Date of first refund,Currency"
SKYVERGE = (
    "order_id,order_number,date,status,shipping_total,tax_total,discount_total,order_total,"
    "refunded_total,order_currency,customer_id,billing_first_name,billing_last_name,billing_email,"
    "billing_phone,billing_city,billing_state,billing_country,item_id,item_product_id,item_name,"
    "item_sku,item_quantity,item_subtotal,item_total,item_refunded,item_refunded_qty"
)
CUSTOMERS = (
    "Name,Username,Last Active,Sign Up,Email,Orders,Total Spend,AOV,Country / Region,City,Region,"
    "Postal Code"
)
Cells = dict[str, str]


def item(name: str, quantity: str, cost: str, total: str, sku: str = "", before: str = "") -> Cells:
    return {
        "Item Name": name,
        "Quantity": quantity,
        "Quantity (- Refund)": quantity,
        "Item Cost": cost,
        "Order Line Total": total,
        "Order Line Subtotal": before or total,
        "SKU": sku,
    }


def order(number: str, status: str, lines: list[Cells], **of_order: str) -> list[Cells]:
    """Rows of an order, each with what is told of the order as a whole; `_` for a blank."""
    told = {
        "Order Number": number,
        "Order Status": status,
        "Order Date": "2025-06-02 12:00",
        "Order Refund Amount": "0",
        "Order Total Tax Amount": "0",
        "Cart Discount Amount": "0",
        "Currency": "BRL",
    } | {name.replace("_", " "): value for name, value in of_order.items()}
    return [told | line for line in lines]


def cup(total: str) -> Cells:
    return item("Cup", "1", total, total, "CUP")


ANA = {"Email (Billing)": "Ana@Example.com", "First Name (Billing)": "Ana"}
BRUNO = {"Email (Billing)": "bruno@example.com", "Last Name (Billing)": "Lima"}

NEWEST = [
    # three for 20.00, and a second coupon with a row of its own
    *order(
        "101",
        "Completed",
        [
            item("Green tea", "3", "6.67", "20.00", "T-G", before="25.00"),
            item("Teapot", "1", "10.00", "10.00"),
            {"Coupon Code": "tea5"},
        ],
        **ANA,
        Order_Date="2025-05-31 23:06",
        Order_Subtotal_Amount="35.00",
        Cart_Discount_Amount="5.00",
        Order_Total_Amount="44.00",
        Order_Total_Tax_Amount="4.00",
    ),
    *order("102", "Processing", [cup("10.00")], **ANA | {"Email (Billing)": "ANA@EXAMPLE.COM "}),
    *order("103", "Cancelled", [cup("11.00")], **BRUNO),
    *order("104", "Failed", [cup("12.00")], **BRUNO),
    *order("105", "Pending payment", [cup("13.00")], **BRUNO),
    *order("106", "On hold", [cup("14.00")], **BRUNO),
    *order(
        "107",
        "Refunded",
        [cup("15.00")],
        **BRUNO | {"Date of first refund": "2025-06-09 10:00"},
        Order_Refund_Amount="15.00",
        Order_Total_Amount="15.00",
    ),
    # of 66.00 are 6.00 tax
    *order(
        "108",
        "Completed",
        [item("Samovar", "1", "50.00", "50.00")],
        **BRUNO | {"Date of first refund": "2025-06-05 10:00"},
        Order_Subtotal_Amount="50.00",
        Order_Refund_Amount="11.00",
        Order_Total_Amount="66.00",
        Order_Total_Tax_Amount="6.00",
    ),
    *order(
        "109",
        "Completed",
        [item("Spoon", "1", "10.00", "10.00")],
        **BRUNO,
        Order_Refund_Amount="25.00",
        Order_Total_Amount="30.00",
    ),
    *order("110", "Completed", [cup("16.00")], **{"Phone (Billing)": "'+55 (11) 90000-0001"}),
    *order("111", "Completed", [cup("17.00")]),
    *order("112", "Draft", [cup("18.00")], **BRUNO),
    *order("113", "Completed", [cup("19.00")], **BRUNO, Order_Date="June 2nd"),
    *order(
        "114",
        "Completed",
        [cup("20.00"), item("Cup", "-1", "20.00", "-20.00"), item("Bowl", "two", "5", "10")],
        **BRUNO,
    ),
    # a status of the shop's own
    *order("115", "Enviado", [cup("21.00")], **BRUNO),
]
OLDER = [
    *order("101", "Concluído", [item("Kettle", "1", "99.00", "")], **ANA),
    # of two cups one was kept, and no bowl
    *order(
        "90",
        "Concluído",
        [item("Cup", "1", "10.00", "", "CUP"), item("Bowl", "0", "5.00", "")],
        **BRUNO,
        Order_Date="2025-04-01 00:30",
        Order_Subtotal_Amount="25.00",
        Order_Refund_Amount="15.00",
        Order_Total_Amount="30.00",
    ),
    # an amount was paid back, and nothing sent
    *order(
        "91",
        "Concluído",
        [item("Cup", "2", "10.00", "", "CUP")],
        **BRUNO,
        Order_Subtotal_Amount="20.00",
        Order_Refund_Amount="4.00",
        Order_Total_Amount="20.00",
    ),
    *order("92", "Malsucedido", [cup("22.00")], **BRUNO),
    *order("93", "Pagamento pendente", [cup("23.00")], **BRUNO),
    *order("94", "Aguardando", [cup("24.00")], **BRUNO),
    *order("95", "Reembolsado", [cup("25.00")], **BRUNO),
]
OTHER = [
    {"order_number": "80", "date": "2025-03-01 09:00:00", "status": "wc-on-hold"}
    | {"billing_email": "carla@example.com", "billing_city": "Natal", "order_currency": "BRL"}
    | {"item_name": "Green tea", "item_sku": "T-G", "item_quantity": "2"}
    | {"item_subtotal": "20.00", "item_total": "18.00", "order_total": "18.00"},
]
PEOPLE = [
    {"Name": "Ana Souza", "Email": "ana@example.com", "Sign Up": "2024-12-24 10:00:00"}
    | {"City": "Recife", "Region": "PE", "Country / Region": "BR", "Total Spend": "40.5"},
    {"Name": "Elisa Dias", "Email": "elisa@example.com", "Sign Up": "2025-06-01 10:00:00"},
    {"Name": "Bruno Lima", "Email": "bruno@example.com", "Sign Up": ""},
]


def written(header: str, rows: list[Cells], mark: str = "") -> bytes:
    """UTF-8, commas, returns with line feeds; quotes where they are needed."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, header.split(","), extrasaction="ignore")
    writer.writeheader()
    writer.writerows(rows)
    return (mark + text.getvalue()).encode()


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("exports")
    for time, (name, content) in enumerate(
        {
            "skyverge.csv": written(SKYVERGE, OTHER),
            "pedidos.csv": written(DEFAULT, OLDER),
            "orders-2025-06-10.csv": written(FULL, NEWEST),
            "wc-customers-report.csv": written(CUSTOMERS, PEOPLE, mark="\ufeff"),
        }.items()
    ):
        (folder / name).write_bytes(content)
        os.utime(folder / name, (time, time))
    return folder


@pytest.fixture(scope="module")
def shop(postgres: Path, files: Path, tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    warehouse = new_warehouse(postgres, "woocommerce_files", tmp_path_factory.mktemp("woocommerce"))
    warehouse.load("woocommerce", files)
    build(warehouse)
    return warehouse


def build(warehouse: Warehouse, **dbt_vars: Any) -> None:
    options = ("--exclude-resource-type", "unit_test", "--select", "staging.woocommerce")
    warehouse.dbt("build", *options, sources=["woocommerce"], **dbt_vars)


def orders(shop: Warehouse) -> dict[str, Row]:
    rows = shop.rows("select * from staging.stg_woocommerce__orders")
    return {row["order_id"]: row for row in rows}


def amounts(shop: Warehouse, number: str) -> dict[str, Decimal]:
    rows = shop.rows("select * from staging.stg_woocommerce__order_items")
    return {row["product_name"]: row["amount"] for row in rows if row["order_id"] == number}


def test_totals_are_of_orders_and_not_of_rows(shop: Warehouse, files: Path) -> None:
    """Against Python's csv and Decimal over the newest file's bytes."""
    found: Counter[str] = Counter()
    sold = Decimal(0)
    with (files / "orders-2025-06-10.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["Order Number"] in ("112", "113") or row["Quantity"] in ("-1", "two", ""):
                continue  # set aside, and a row of a coupon
            found[row["Order Number"]] += 1
            sold += Decimal(row["Order Line Total"])
    [row] = shop.rows(
        "select count(*) as lines, count(distinct order_id) as orders, sum(amount) as sold"
        " from staging.stg_woocommerce__order_items where order_id > '100' and order_id < '200'"
    )
    assert row == {"lines": found.total(), "orders": len(found), "sold": sold}


def test_a_line_is_what_it_was_sold_for_after_coupons_and_without_tax(shop: Warehouse) -> None:
    # not 3 * 6.67
    assert amounts(shop, "101") == {"Green tea": Decimal("20.00"), "Teapot": Decimal("10.00")}
    query = "select discount, unit_price, quantity from staging.stg_woocommerce__order_items"
    [tea] = shop.rows(f"{query} where order_id = '101' and product_id = 'T-G'")
    assert tea == {"discount": Decimal(5), "unit_price": Decimal("6.6667"), "quantity": 3}


def test_statuses_are_known_by_code_and_by_name_in_three_languages(shop: Warehouse) -> None:
    fields = ("is_cancelled", "is_returned", "cancellation_reason")
    found = {number: tuple(one[name] for name in fields) for number, one in orders(shop).items()}
    assert {number: one for number, one in found.items() if one != (False, False, None)} == {
        "103": (True, False, None),
        "104": (True, False, "failed"),
        "105": (True, False, "pending"),
        "107": (False, True, None),
        "92": (True, False, "failed"),
        "93": (True, False, "pending"),
        "95": (False, True, None),
    }
    # and what is on hold, processing or of the shop's own counts
    assert {"80", "94", "102", "106", "115"} <= found.keys()


def test_a_shop_may_decide_otherwise_of_what_waits_for_a_payment(
    shop: Warehouse, postgres: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("policies")
    copy = new_warehouse(postgres, "woocommerce_policies", folder, template="woocommerce_files")
    policies = {"pending_orders_count": True, "on_hold_orders_count": False}
    build(copy, **{f"woocommerce_{name}": value for name, value in policies.items()})
    found = {number: order["is_cancelled"] for number, order in orders(copy).items()}
    assert {number: found[number] for number in ("80", "93", "94", "105", "106")} == {
        "80": True,
        "93": False,
        "94": True,
        "105": False,
        "106": True,
    }


def test_what_was_paid_back_is_taken_off_once(shop: Warehouse) -> None:
    rows = shop.rows("select * from staging.stg_woocommerce__refunds")
    assert {row["order_id"]: (row["amount"], row["refunded_on"]) for row in rows} == {
        # 11.00 * 60.00 / 66.00
        "108": (Decimal("10.00"), date(2025, 6, 5)),
        # the rest is freight
        "109": (Decimal("10.00"), None),
        "91": (Decimal("4.00"), None),
    }
    assert orders(shop)["107"]["returned_on"] == date(2025, 6, 9)


def test_units_that_were_not_kept_are_left_out_and_not_refunded_again(shop: Warehouse) -> None:
    assert amounts(shop, "90") == {"Cup": Decimal("10.00")}


def test_the_day_is_the_shops_and_the_moment_utc(shop: Warehouse) -> None:
    found = orders(shop)["101"]
    assert found["ordered_on"] == date(2025, 5, 31)
    assert found["ordered_at"] == datetime(2025, 6, 1, 2, 6)  # noqa: DTZ001 - São Paulo
    assert orders(shop)["90"]["ordered_on"] == date(2025, 4, 1)


def test_a_guest_and_a_registered_customer_with_one_e_mail_are_one_person(shop: Warehouse) -> None:
    found = {number: order["customer_id"] for number, order in orders(shop).items()}
    assert found["101"] == found["102"]
    assert found["111"] is None
    # Ana, Bruno, Carla and a telephone
    assert len({one for one in found.values() if one}) == 4


def test_customers_are_as_in_their_list_or_else_in_their_latest_order(shop: Warehouse) -> None:
    fields = ("customer_name", "email", "city", "signed_up_on")
    rows = shop.rows("select * from staging.stg_woocommerce__customers")
    assert {tuple(row[name] for name in fields) for row in rows} == {
        ("Ana Souza", "ana@example.com", "Recife", date(2024, 12, 24)),
        ("Bruno Lima", "bruno@example.com", None, date(2025, 4, 1)),
        (None, "carla@example.com", "Natal", date(2025, 3, 1)),
        ("Elisa Dias", "elisa@example.com", None, date(2025, 6, 1)),
        (None, None, None, date(2025, 6, 2)),
    }


def test_of_two_exports_the_newer_tells_all_lines_of_an_order(shop: Warehouse) -> None:
    assert "Kettle" not in amounts(shop, "101")
    assert amounts(shop, "80") == {"Green tea": Decimal("18.00")}


def test_what_cannot_be_used_is_set_aside_with_the_reason(shop: Warehouse) -> None:
    rows = shop.rows("select rejected_because from staging.stg_woocommerce__rejected_rows")
    assert Counter(row["rejected_because"] for row in rows) == {
        "a draft or thrown away, and no order": 1,
        "Order Date is not a date": 1,
        "the row of a refund, which the order itself tells": 1,
        "Quantity is not a whole number": 1,
    }


def test_telephones_and_streets_are_not_stored(shop: Warehouse) -> None:
    stored = shop.rows("select * from landing.woocommerce__orders")
    assert not any("90000" in str(value) for row in stored for value in row.values())


# --- the same shop by its API

STATUSES = {
    "Pending payment": "pending",
    "On hold": "on-hold",
    "Enviado": "enviado",  # of the shop's own
}
EXPORTED_ONLY = ("112", "113", "114")  # what is set aside


def of_api(rows: list[Cells]) -> dict[str, Any]:
    """What the API tells of an order that the export has in these rows."""
    first = rows[0]
    status = first["Order Status"]
    return {
        "number": first["Order Number"],
        "status": STATUSES.get(status, status.lower()),
        "currency": "BRL",
        "date_created": first["Order Date"].replace(" ", "T") + ":00",
        "total": first.get("Order Total Amount", "10.00"),
        "total_tax": first["Order Total Tax Amount"],
        "discount_total": first["Cart Discount Amount"],
        "billing": {
            "first_name": first.get("First Name (Billing)", ""),
            "last_name": first.get("Last Name (Billing)", ""),
            "email": first.get("Email (Billing)", ""),
            "phone": first.get("Phone (Billing)", "").removeprefix("'"),
            "address_1": "Rua do Sol 1",
        },
        "line_items": [
            {
                "id": 9_000 + place,
                "name": row["Item Name"],
                "quantity": int(row["Quantity"]),
                "subtotal": row["Order Line Subtotal"],
                "total": row["Order Line Total"],
                "sku": row["SKU"],
            }
            for place, row in enumerate(rows)
            if "Item Name" in row
        ],
    }


@pytest.fixture(scope="module")
def by_api(shop: Warehouse, postgres: Path, tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """The orders of the newest export by the API, and no more by the export."""
    folder = tmp_path_factory.mktemp("by_api")
    copy = new_warehouse(postgres, "woocommerce_api", folder, template="woocommerce_files")
    numbers = {row["Order Number"] for row in NEWEST} - {*EXPORTED_ONLY}
    with fake_shops.fake_woocommerce() as fake:
        for number in numbers:
            rows = [row for row in NEWEST if row["Order Number"] == number]
            fake.put(int(number), **of_api(rows))
            if day := rows[0].get("Date of first refund"):
                fake.now = datetime.fromisoformat(day).replace(tzinfo=UTC) - fake_shops.AHEAD
            if (amount := rows[0]["Order Refund Amount"]) != "0":
                fake.refund(int(number), int(number), amount)
        # and an order without a line, which the export cannot have
        fake.put(200, number="200", status="completed", total="5.00", line_items=[])
        fake.orders[200]["date_created"] = "2025-06-02T12:00:00"
        connection = Connection("http", fake.url, None, fake_shops.KEY, fake.token, None)
        for table in ("api_orders", "api_refunds"):
            source = declared_sources()["woocommerce"]
            sync(source, table, copy, connection, say=lambda _: None)
    listed = ", ".join(f"'{number}'" for number in numbers)
    copy.execute(f"delete from landing.woocommerce__orders where order_number in ({listed})")
    build(copy)
    return copy


@pytest.mark.parametrize(
    ("model", "columns"),
    [
        ("orders", "order_id, customer_id, is_cancelled, is_returned, ordered_on, ordered_at"),
        ("order_items", "order_item_id, product_id, quantity, unit_price, discount, amount"),
        ("refunds", "order_id, amount"),
        ("customers", "customer_id, customer_name, email, city, signed_up_on"),
    ],
)
def test_the_export_and_the_api_tell_the_same(
    shop: Warehouse, by_api: Warehouse, model: str, columns: str
) -> None:
    query = f"select {columns} from staging.stg_woocommerce__{model} order by {columns}"
    told = [row for row in by_api.rows(query) if row.get("order_id") != "200"]
    assert told == shop.rows(query)
    assert len(told) >= 3


def test_an_order_without_a_line_is_an_order(by_api: Warehouse) -> None:
    assert orders(by_api)["200"]["is_cancelled"] is False
    assert amounts(by_api, "200") == {}


# --- files that are of no use


def refusal(warehouse: Warehouse, folder: Path, name: str, content: bytes) -> str:
    data = folder / "data"
    data.mkdir()
    (data / name).write_bytes(content)
    with pytest.raises(UserError) as caught:
        warehouse.load("woocommerce", data)
    return str(caught.value)


def test_a_list_of_analytics_is_refused_as_it_has_no_e_mails(
    warehouse: Warehouse, tmp_path: Path
) -> None:
    header = (
        "Date,Order #,N. Revenue (formatted),Status,Customer,Customer type,Product(s),Items sold,"
        "Coupon(s),Net Sales,Attribution"
    )
    rows = [{"Date": "2025-06-02 12:00:00", "Order #": "7", "Customer": "Ana Souza"}]
    said = refusal(warehouse, tmp_path, "orders.csv", written(header, rows, mark="\ufeff"))
    assert said.startswith(
        "orders.csv is WooCommerce's own list of orders, from Analytics: it has neither e-mails nor"
    )
    assert "Advanced Order Export" in said


@pytest.mark.parametrize(
    ("header", "what_to_do"),
    [
        (
            "order_id,order_number,order_date,status,billing_email,line_item_1,Product Item 1 Name",
            "let the plugin write the line items in separate rows",
        ),
        (
            "order_id,order_number,date,status,billing_email,line_items,shipping_items",
            "in the format Default, One Row per Item",
        ),
    ],
)
def test_all_lines_in_one_row_are_refused_with_what_to_choose(
    header: str, what_to_do: str, warehouse: Warehouse, tmp_path: Path
) -> None:
    content = written(header, [{"order_number": "7"}])
    assert what_to_do in refusal(warehouse, tmp_path, "orders.csv", content)


def test_a_real_list_of_analytics_is_refused(
    warehouse: Warehouse, tmp_path: Path, shared_data: Callable[[str], Path]
) -> None:
    path = shared_data("platforms/woocommerce/analytics_orders.synthetic.csv")
    said = refusal(warehouse, tmp_path, path.name, path.read_bytes())
    assert "it has neither e-mails nor the lines" in said
