"""Shopee's orders as a seller exports them: two workbooks that overlap, made up.

August's has money with a point, September's with a comma, as both occur.
"""

import os
from collections import defaultdict
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from include.errors import UserError
from include.paths import DBT_PROJECT
from include.warehouse.known import known_source
from tests.support.warehouses import Row, Warehouse, new_warehouse

pytestmark = pytest.mark.nightly

HEADER = (
    "ID do pedido;Status do pedido;Status da Devolução / Reembolso;Cancelar Motivo;"
    "Data de criação do pedido;Hora do pagamento do pedido;Nº de referência do SKU principal;"
    "Nome do Produto;Número de referência SKU;Nome da variação;Preço original;Preço acordado;"
    "Quantidade;Returned quantity;Subtotal do produto;Desconto do vendedor;Desconto do vendedor;"
    "Valor Total;Total global;Taxa de comissão bruta;Nome de usuário (comprador);"
    "Nome do destinatário;Telefone;CPF do Comprador;Endereço de entrega;Cidade;UF;País;CEP;Cidade"
)
MAY_RETURN = "O comprador pode pedir uma devolução até 2026-09-04"


def line(
    order: str, buyer: str, sku: str, price: str, quantity: str, subtotal: str, **more: str
) -> Row:
    """A row of the export; what is of the order is in each of its rows."""
    article = {"T-1": "Toalha", "T-1A": "Toalha", "F-1": "Fronha"}.get(sku, "Manta")
    return {
        "ID do pedido": order,
        "Status do pedido": more.get("status", "Concluído"),
        "Cancelar Motivo": more.get("reason", ""),
        "Data de criação do pedido": more.get("at", "2026-08-20 13:06"),
        "Nome do Produto": article,
        "Número de referência SKU": sku,
        "Nome da variação": more.get("variation", ""),
        "Preço original": price,
        "Preço acordado": subtotal,
        "Quantidade": quantity,
        "Returned quantity": more.get("returned", "0"),
        "Subtotal do produto": subtotal,
        "Valor Total": "151.70",
        "Total global": "130.10",
        "Nome de usuário (comprador)": buyer,
        "Nome do destinatário": "Ana Prado",
        "Telefone": "5511988887777",
        "CPF do Comprador": "111.444.777-35",
        "Endereço de entrega": "Rua das Acácias, 12",
        "Cidade": "Recife",
        "UF": "PE",
    }


AUGUST = [
    # two articles, and the order's totals twice
    line("A1", "ana.p", "T-1", "79.90", "2", "139.80"),
    line("A1", "ana.p", "F-1", "19.90", "1", "19.90"),
    line("A2", "bia", "T-1", "79.90", "1", "69.90", status="Cancelado", reason="Desistiu"),
    line("A3", "ANA.P ", "T-1A", "79.90", "1", "79.90", status=MAY_RETURN, at="2026-08-31 23:50"),
    line("A4", "caio", "T-1", "79.90", "1", "69.90", status="Não pago"),
    # all came back, and one of three
    line("A5", "caio", "T-1", "79.90", "1", "69.90", returned="1"),
    line("A5", "caio", "F-1", "19.90", "2", "39.80", returned="2"),
    line("A6", "duda", "F-1", "19.90", "3", "50.00", returned="1"),
    line("A6", "duda", "T-1", "79.90", "1", "69.90"),
    # of which September has one line less
    line("A7", "duda", "T-1", "79.90", "1", "69.90", status="A Enviar"),
    line("A7", "duda", "F-1", "19.90", "1", "19.90", status="A Enviar"),
    line("A8", "", "", "99.90", "1", "99.90", variation="Azul"),
    line("A9", "elis", "T-1", "79.90", "1", "1.500"),
    line("", "elis", "T-1", "79.90", "1", "69.90"),
    line("A10", "elis", "T-1", "79.90", "duas", "69.90"),
]
SEPTEMBER = [
    line("A7", "duda", "T-1", "79,90", "1", "69,90", status="Entregue"),
    line(
        "A11", "ana.p", "", "1.299,90", "1", "R$ 1.234,56", variation="Azul", at="2026-09-02 08:00"
    ),
    line("A12", "ana.p", "T-1", "79,90", "1", "0,00", at="2026-09-03 08:00"),
]


def workbook(path: Path, rows: list[Row], header: str = HEADER) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "orders"
    names = header.split(";")
    sheet.append(names)
    for row in rows:
        # of two columns with one name the first has the value
        values = [
            row.get(name) if name not in names[:at] else None for at, name in enumerate(names)
        ]
        sheet.append([value or None for value in values])
    book.save(path)


@pytest.fixture(scope="module")
def seller(postgres: Path, tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """Both files loaded, and their staging models built."""
    folder = tmp_path_factory.mktemp("shopee")
    data = folder / "data"
    data.mkdir()
    for day, (name, rows) in enumerate(
        {"20260801_20260831": AUGUST, "20260820_20260919": SEPTEMBER}.items()
    ):
        path = data / f"Order.all.{name}.xlsx"
        workbook(path, rows)
        os.utime(path, (1_780_000_000 + day * 86_400,) * 2)
    warehouse = new_warehouse(postgres, "shopee", folder)
    warehouse.load("shopee", data)
    warehouse.dbt("build", "--select", "path:models/staging/shopee", sources=["shopee"])
    return warehouse


@pytest.fixture
def orders(seller: Warehouse) -> dict[str, Row]:
    rows = seller.rows("select * from staging.stg_shopee__orders")
    return {row["order_id"]: row for row in rows}


@pytest.fixture
def lines(seller: Warehouse) -> dict[str, list[Row]]:
    """Each order's lines."""
    found = defaultdict(list)
    for row in seller.rows("select * from staging.stg_shopee__order_items order by order_item_id"):
        found[row["order_id"]].append(row)
    return found


def test_totals_that_are_in_every_row_of_an_order_are_not_added_up(lines: dict[str, Any]) -> None:
    assert [line["amount"] for line in lines["A1"]] == [Decimal("139.80"), Decimal("19.90")]
    assert [line["unit_price"] for line in lines["A1"]] == [Decimal("69.90"), Decimal("19.90")]
    assert [line["discount"] for line in lines["A1"]] == [Decimal(20), Decimal(0)]


def test_an_order_that_may_still_be_returned_is_delivered(orders: dict[str, Row]) -> None:
    assert (orders["A3"]["is_cancelled"], orders["A3"]["is_returned"]) == (False, False)


def test_cancelled_rows_keep_their_amounts_and_count_for_nothing(
    orders: dict[str, Row], lines: dict[str, Any]
) -> None:
    assert lines["A2"][0]["amount"] == Decimal("69.90")
    reasons = {
        order: row["cancellation_reason"] for order, row in orders.items() if row["is_cancelled"]
    }
    # who did not pay has not bought
    assert reasons == {"A2": "Desistiu", "A4": "Não pago"}


def test_what_came_back_whole_is_returned_and_a_part_of_it_a_refund(
    seller: Warehouse, orders: dict[str, Row]
) -> None:
    assert {order for order, row in orders.items() if row["is_returned"]} == {"A5"}
    refunds = seller.rows("select order_item_id, amount, quantity from staging.stg_shopee__refunds")
    # a third of 50.00
    assert refunds == [{"order_item_id": "A6-1", "amount": Decimal("16.67"), "quantity": 1}]


def test_money_with_a_point_and_with_a_comma_is_the_same(lines: dict[str, Any]) -> None:
    assert lines["A7"][0]["amount"] == lines["A6"][1]["amount"] == Decimal("69.90")
    assert lines["A11"][0]["amount"] == Decimal("1234.56")
    assert lines["A12"][0]["amount"] == 0


def test_1_500_is_neither_one_and_a_half_nor_a_thousand_and_more(seller: Warehouse) -> None:
    rows = seller.rows("select rejected_because from staging.stg_shopee__rejected_rows")
    assert sorted(row["rejected_because"] for row in rows) == [
        "order_id is missing",
        "quantity is not a whole number",
        "subtotal is not a number with one or two decimals",
    ]


def test_an_order_that_lost_a_line_between_two_exports_has_no_ghost_of_it(
    lines: dict[str, Any],
) -> None:
    assert [line["product_id"] for line in lines["A7"]] == ["T-1"]


def test_skus_that_differ_by_a_letter_are_two_articles(seller: Warehouse) -> None:
    rows = seller.rows("select product_id from staging.stg_shopee__products")
    assert {row["product_id"] for row in rows} == {"T-1", "T-1A", "F-1", "Manta - Azul"}


def test_a_user_name_is_a_customer_and_none_is_nobody(orders: dict[str, Row]) -> None:
    ana = {orders[order]["customer_id"] for order in ("A1", "A3", "A11")}
    assert len(ana) == 1
    assert orders["A8"]["customer_id"] is None


def test_an_order_shortly_before_midnight_is_of_the_shops_day(orders: dict[str, Row]) -> None:
    assert str(orders["A3"]["ordered_on"]) == "2026-08-31"
    assert str(orders["A3"]["ordered_at"]) == "2026-09-01 02:50:00"


def test_user_names_phones_and_streets_are_nowhere_in_the_warehouse(seller: Warehouse) -> None:
    rows = seller.rows("select * from landing.shopee__orders")
    everything = "\n".join(str(value) for row in rows for value in row.values()).lower()
    for personal in ("ana.p", "111.444", "988887777", "acácias", "ana prado"):
        assert personal not in everything


def test_the_export_of_what_is_still_to_be_sent_is_no_history_and_refused(
    seller: Warehouse, tmp_path: Path
) -> None:
    to_ship = HEADER.replace("Cancelar Motivo;", "")
    workbook(tmp_path / "Order.toship.20260801_20260831.xlsx", AUGUST, to_ship)
    with pytest.raises(UserError, match="Cancelar Motivo"):
        seller.load("shopee", tmp_path)


def test_the_report_counts_what_a_person_would(seller: Warehouse) -> None:
    seller.dbt("build", "--exclude-resource-type", "unit_test", sources=["shopee"])
    totals = seller.row("marts.rpt_shop_totals")
    counts = ("orders", "cancelled_orders", "customers", "rejected_rows")
    # A1 to A12; A2 and A4; Ana, Duda and Elis, whose lines are set aside, and not her orders
    assert [totals[count] for count in counts] == [12, 2, 3, 3]
    # 159.70 + 79.90 + 119.90 + 69.90 + 99.90 + 1234.56 + 0.00
    assert totals["revenue"] == Decimal("1763.86")
    assert totals["net_revenue"] == Decimal("1747.19")
    ended = seller.rows("select test_name from ops.data_tests where status <> 'pass'")
    assert ended == []


def test_a_sellers_workbook_loads_as_downloaded(
    postgres: Path, tmp_path: Path, shared_data: Callable[[str], Path]
) -> None:
    data = tmp_path / "data"
    data.mkdir()
    name = "Order.all.20260801_20260831.synthetic.xlsx"
    (data / name).write_bytes((shared_data("platforms") / "shopee" / name).read_bytes())
    assert known_source(data, DBT_PROJECT)[0] == "shopee"
    warehouse = new_warehouse(postgres, "shopee_sample", tmp_path)
    warehouse.load("shopee", data)
    warehouse.dbt("run", "--select", "path:models/staging/shopee", sources=["shopee"])
    assert warehouse.rows(
        "select order_id, is_cancelled, sum(amount) as amount from staging.stg_shopee__orders"
        " join staging.stg_shopee__order_items using (order_id) group by 1, 2 order by 1"
    ) == [
        {"order_id": "260821UCHMVRK5", "is_cancelled": False, "amount": Decimal("159.70")},
        {"order_id": "260822AAAA", "is_cancelled": True, "amount": Decimal("69.90")},
    ]
