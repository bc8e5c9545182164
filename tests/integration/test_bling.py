"""Bling's orders as its API tells them, made up, and what they come to; a Nuvemshop beside them."""

from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet

from include.connections import Connection
from include.sync.sources import declared_sources
from include.sync.sync import sync
from tests.support import fake_shops
from tests.support.fake_bling import CLIENT, FIRST, SECRET, FakeBling, fake_bling
from tests.support.warehouses import Row, Warehouse, new_warehouse

pytestmark = pytest.mark.nightly

CANCELLED, TYPED_IN = {"id": 12, "valor": 2}, {"id": 21, "valor": 10}


def person(contact: int, name: str, tax_id: str = "") -> dict[str, Any]:
    return {"id": contact, "nome": name, "tipoPessoa": "F", "numeroDocumento": tax_id}


def line(code: str, name: str, quantity: float, price: float, percent: float = 0) -> dict[str, Any]:
    return {
        "id": len(name), "codigo": code, "descricao": name, "unidade": "UN",
        "quantidade": quantity, "valor": price, "desconto": percent,
    }  # fmt: skip


def fill(bling: FakeBling) -> None:
    """Nine orders; goods are what Bling says that they come to."""
    reais = {"valor": 3.3, "unidade": "REAL"}
    ana, bia = person(5, "Ana Prado", "111.444.777-35"), person(6, "Bia Reis", "30.188.025/0001-21")
    bling.put(
        1, contato=ana, desconto=reais, totalProdutos=63.3, loja={"id": 9},
        itens=[line("sab-1", "Sabão", 2, 24.9), line("", "Chá a granel", 1.5, 10, 10)],
        transporte={"etiqueta": {"municipio": "Recife", "uf": "PE", "endereco": "Rua do Sol"}},
    )  # fmt: skip
    # the same contact, who left no CPF
    bling.put(
        2, contato=person(5, "Ana P."), desconto={"valor": 10, "unidade": "PERCENTUAL"},
        totalProdutos=40, itens=[line("SAB-1", "Sabão", 4, 10)], data="2026-09-02",
    )  # fmt: skip
    bling.put(3, contato=bia, situacao=CANCELLED, totalProdutos=5, itens=[line("", "Vela", 1, 5)])
    bling.put(4, contato=bia, situacao=TYPED_IN, totalProdutos=5, itens=[line("", "Vela", 1, 5)])
    # over the counter, and a discount of the goods and the freight
    bling.put(
        5, contato=person(1, "Consumidor Final"), desconto={"valor": 35, "unidade": "REAL"},
        totalProdutos=20, itens=[line("", "Vela", 4, 5)],
    )  # fmt: skip
    # one person, whom two channels made two contacts of
    bling.put(6, contato=bia, numeroLoja="101", totalProdutos=5, itens=[line("", "Vela", 1, 5)])
    bling.put(
        7, contato=person(7, "BIA REIS", "30188025000121"), numeroLoja="102", data="2026-10-01",
        totalProdutos=5, itens=[line("", "Vela", 1, 5)],
    )  # fmt: skip
    bling.put(8, contato=bia, data="0000-00-00", itens=[line("", "Vela", 1, 5)])
    # a line that cannot be, and a total that is not that of the lines
    bling.put(
        9, contato=person(8, "Caio"), totalProdutos=99,
        itens=[line("", "Vela", 1, 5), line("", "Sabonete", 0, 5)],
    )  # fmt: skip


@pytest.fixture(scope="module")
def shop(postgres: Path, tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """Bling and one of its channels, both loaded by their APIs; a name for one of the channels."""
    warehouse = new_warehouse(postgres, "bling", tmp_path_factory.mktemp("bling"))
    with fake_bling() as fake, pytest.MonkeyPatch.context() as patch:
        patch.setenv("TOKEN_KEY", Fernet.generate_key().decode())
        fill(fake)
        extra = {"refresh_token": FIRST}
        connection = Connection("http", f"{fake.url}/Api/v3", None, CLIENT, SECRET, None, extra)
        load(warehouse, "bling", connection)
    with fake_shops.fake_nuvemshop() as nuvem:
        for number in (101, 102):
            nuvem.put(number, number=number, status="open", created_at="2026-09-01T23:00:00+0000")
        host = f"{nuvem.url}/2025-03/{{login}}"
        connection = Connection("http", host, None, fake_shops.STORE, nuvem.token, None)
        load(warehouse, "nuvemshop", connection)
    products = '[{"id": 1, "name": "Vela", "price": "5.00", "quantity": "1"}]'
    warehouse.execute(f"update landing.nuvemshop__api_orders set products = '{products}'")
    warehouse.dbt(
        "build", "--indirect-selection", "cautious", "--select", "path:models/staging/bling",
        "path:models/staging/nuvemshop", "int_orders_unioned", "assert_bling_lines_add_up",
        "assert_no_order_is_in_a_hub_and_its_shop", sources=["bling", "nuvemshop"],
    )  # fmt: skip
    return warehouse


def load(warehouse: Warehouse, source: str, connection: Connection) -> None:
    sync(
        declared_sources()[source], "api_orders", warehouse, connection,
        pause=0.001, say=lambda _: None,
    )  # fmt: skip


@pytest.fixture
def orders(shop: Warehouse) -> dict[str, Row]:
    rows = shop.rows("select * from staging.stg_bling__orders")
    return {row["order_id"]: row for row in rows}


def test_every_order_is_there_once_but_those_that_are_still_typed(orders: dict[str, Row]) -> None:
    assert sorted(orders) == ["1", "2", "3", "5", "6", "7", "9"]


def test_lines_are_charged_less_their_own_discount_and_their_part_of_the_orders(
    shop: Warehouse,
) -> None:
    rows = shop.rows(
        "select product_id, quantity, unit_price, discount, amount"
        " from staging.stg_bling__order_items where order_id in ('1', '2') order by order_item_id"
    )
    # 63.30 less 3.30: 3.30 x 13.50 / 63.30 = 0.70, and the rest on the largest line
    assert [tuple(row.values()) for row in rows] == [
        ("SAB-1", Decimal(2), Decimal("23.60"), Decimal("2.60"), Decimal("47.20")),
        ("Chá a granel", Decimal("1.5"), Decimal("8.5333"), Decimal("2.20"), Decimal("12.80")),
        # 40.00 less ten percent
        ("SAB-1", Decimal(4), Decimal("9.00"), Decimal("4.00"), Decimal("36.00")),
    ]


def test_a_discount_of_more_than_the_goods_is_one_of_the_freight(shop: Warehouse) -> None:
    [row] = shop.rows(
        "select amount, unit_price, discount from staging.stg_bling__order_items"
        " where order_id = '5'"
    )
    assert row == {"amount": 0, "unit_price": 0, "discount": 20}


def test_cancelled_is_what_bling_calls_so(orders: dict[str, Row]) -> None:
    assert [number for number, row in orders.items() if row["is_cancelled"]] == ["3"]
    assert not any(row["is_returned"] for row in orders.values())


def test_one_person_is_one_customer_whatever_channel_they_came_by(
    shop: Warehouse, orders: dict[str, Row]
) -> None:
    assert orders["1"]["customer_id"] == orders["2"]["customer_id"]
    assert orders["6"]["customer_id"] == orders["7"]["customer_id"] == orders["3"]["customer_id"]
    assert orders["5"]["customer_id"] is None
    assert orders["9"]["customer_id"] == "8"
    people = shop.rows(
        "select customer_name, city, signed_up_on::text as since"
        " from staging.stg_bling__customers order by 1"
    )
    assert [tuple(row.values()) for row in people] == [
        ("Ana P.", None, "2026-09-01"),
        ("BIA REIS", None, "2026-09-01"),
        ("Caio", None, "2026-09-01"),
    ]


def test_a_day_is_the_shops(orders: dict[str, Row]) -> None:
    assert str(orders["1"]["ordered_on"]) == "2026-09-01"
    assert str(orders["1"]["ordered_at"]) == "2026-09-01 03:00:00"


def test_the_channel_is_told_by_its_number(orders: dict[str, Row]) -> None:
    assert (orders["1"]["sales_channel"], orders["2"]["sales_channel"]) == ("9", None)


def test_what_cannot_be_is_set_aside_with_the_reason(shop: Warehouse) -> None:
    rows = shop.rows("select * from staging.stg_bling__rejected_rows")
    assert Counter(row["rejected_because"] for row in rows) == {
        "ordered_on is not a date": 1,
        "quantity is not positive": 1,
    }
    assert any("Sabonete" in row["source_row"] for row in rows)


def test_tax_ids_and_streets_are_nowhere_in_the_warehouse(shop: Warehouse) -> None:
    everything = str(shop.rows("select * from landing.bling__api_orders"))
    for personal in ("111.444", "11144477735", "30188025", "30.188", "Rua do Sol"):
        assert personal not in everything


def test_an_order_of_a_hub_and_of_its_channel_is_told_and_another_of_its_number_is_not(
    shop: Warehouse,
) -> None:
    """Trap 24: every sale twice. Order 102 of the shop is of another month than the hub's."""
    assert warned(shop, "assert_no_order_is_in_a_hub_and_its_shop") == 1


def test_lines_that_do_not_come_to_what_bling_says_are_told(shop: Warehouse) -> None:
    assert warned(shop, "assert_bling_lines_add_up") == 1


def warned(shop: Warehouse, test: str) -> int:
    [row] = shop.rows(f"select status, failures from ops.data_tests where test_name = '{test}'")
    assert row["status"] == "warn"
    return int(row["failures"])


def test_the_report_counts_what_a_person_would(shop: Warehouse) -> None:
    shop.dbt("build", "--exclude-resource-type", "unit_test", sources=["bling"])
    totals = shop.row("marts.rpt_shop_totals")
    # all but 4, which is typed, and 8; order 3; Ana, Bia and Caio
    counts = ("orders", "cancelled_orders", "customers", "rejected_rows")
    assert [totals[count] for count in counts] == [7, 1, 3, 2]
    # 47.20 + 12.80 + 36.00, nothing for 5, and 5.00 three times
    assert totals["revenue"] == Decimal("111.00")
