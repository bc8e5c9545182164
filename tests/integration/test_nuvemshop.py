"""Nuvemshop's sales as its admin exports them: three files, made up, and what they come to.

The first is Portuguese as of 2025, 45 columns in latin-1; the second a later one in UTF-8, of 24
columns, which has two of the orders again; the third is Spanish.
"""

import csv
import io
import os
import re
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from include.connections import Connection
from include.errors import UserError
from include.paths import DBT_PROJECT
from include.sync.sources import declared_sources
from include.sync.sync import sync
from include.warehouse.known import known_source
from tests.support import fake_shops
from tests.support.warehouses import Row, Warehouse, new_warehouse

PORTUGUESE = (
    "Número do Pedido;E-mail;Data;Status do Pedido;Status do Pagamento;Status do Envio;Moeda;"
    "Subtotal;Desconto;Valor do Frete;Total;Nome do comprador;CPF / CNPJ;Telefone;"
    "Nome para a entrega;Telefone para a entrega;Endereço;Número;Complemento;Bairro;Cidade;"
    "Código postal;Estado;País;Forma de Entrega;Forma de Pagamento;Cupom de Desconto;"
    "Anotações do Comprador;Anotações do Vendedor;Data de pagamento;Data de envío;Nome do Produto;"
    "Valor do Produto;Quantidade Comprada;SKU;Canal;Código de rastreio do envio;"
    "Identificador da transação no meio de pagamento;Identificador do pedido;Produto Fisico;"
    "Pessoa que registrou a venda;Local de venda;Vendedor;Data e hora do cancelamento;"
    "Motivo do cancelamento"
)
SHORT = (
    "Número do Pedido;E-mail;Data;Status do Pedido;Status do Pagamento;Status do Envio;Subtotal;"
    "Desconto;Valor do Frete;Total;Nome do comprador;CPF / CNPJ;Telefone;Endereço;"
    "Cupom de Desconto;Anotações do Comprador;Data de pagamento;Data de envío;Nome do Produto;"
    "Valor do Produto;Quantidade Comprada;SKU;Meio de pagamento;Dados do cartão"
)
SPANISH = (
    "Número de orden;Email;Fecha;Estado de la orden;Estado del pago;Estado del envío;Moneda;"
    "Subtotal de productos;Descuento;Costo de envío;Total;Nombre del comprador;DNI / CUIT;Teléfono;"
    "Nombre para el envío;Teléfono para el envío;Dirección;Número;Piso;Localidad;Ciudad;"
    "Código postal;Provincia o estado;País;Medio de envío;Medio de pago;Cupón de descuento;"
    "Notas del comprador;Notas del vendedor;Fecha de pago;Fecha de envío;Nombre del producto;"
    "Precio del producto;Cantidad del producto;SKU;Canal;Código de tracking del envío;"
    "Identificador de la transacción en el medio de pago;Identificador de la orden;Producto Físico;"
    "Persona que registró la venta;Sucursal de venta;Vendedor;Fecha y hora de cancelación;"
    "Motivo de cancelación"
)


def order(
    number: str, at: str, *lines: tuple[str, str, str, str], **first: str
) -> list[dict[str, str]]:
    """An order's rows in Portuguese; a line is SKU, name, price, quantity.

    As exported, the second row and those below it have little but the article.
    """
    email = first.pop("email", "ana@example.com")
    state = {
        "Data": at,
        "Status do Pedido": "Aberto",
        "Status do Pagamento": "Confirmado",
        "Moeda": "BRL",
        "Desconto": "0.00",
        "Valor do Frete": "15.00",
        "Telefone": "+5511988887777",
        "Endereço": "Rua das Acácias, 12",
        "Canal": "Móvel",
        "Código de rastreio do envio": '=""',
        **first,
    }
    rows = []
    for place, (sku, name, price, quantity) in enumerate(lines):
        article = {
            "Número do Pedido": number,
            "E-mail": email,
            "SKU": sku,
            "Nome do Produto": name,
            "Valor do Produto": price,
            "Quantidade Comprada": quantity,
            "Produto Fisico": {"Embalagem": "Não", "Embalaje": "No"}.get(name.split()[0], "Sim"),
        }
        rows.append(article | (state if place == 0 else {}))
    return rows


ANA = {"Nome do comprador": "Ana Prado", "CPF / CNPJ": "111.444.777-35", "Cidade": "Recife"}
ACAI = "Sabonete de açaí"
FIRST = [
    order(
        "101",
        "03/02/2026 10:15:00",
        ("SAB-1", ACAI, "24.90", "2"),
        ("OL-9", "Óleo", "1093.18", "1"),
        **ANA,
    ),
    # the same person, who left no CPF
    order(
        "102",
        "28/02/2026 09:00:00",
        ("", "Vela", "10.00", "1"),
        ("sab-1", ACAI, "20.00", "1"),
        ("", "Pente", "5.00", "2"),
        email="ANA@Example.com ",
        Desconto="10.01",
    ),
    # of the shop's day, which is not that of UTC
    order(
        "103",
        "31/03/2026 23:50:00",
        ("", "Vela", "39.90", "1"),
        email="bia@example.com",
        **{
            "Status do Pedido": "Cancelado",
            "Data e hora do cancelamento": "02/04/2026 08:00:00",
            "Motivo do cancelamento": "Cliente desistiu",
        },
    ),
    order(
        "104",
        "05/04/2026 09:00:00",
        ("", "Vela", "39.90", "1"),
        email="bia@example.com",
        **{"Status do Pagamento": "Recusado"},
    ),
    order(
        "105",
        "06/04/2026 09:00:00",
        ("", "Vela", "39.90", "1"),
        email="caio@example.com",
        **{"Status do Pagamento": "Pendente"},
    ),
    # a coupon for all of it, and one for the freight besides
    order(
        "106",
        "07/04/2026 09:00:00",
        ("", "Vela", "39.90", "1"),
        ("", "Pente", "5.00", "1"),
        email="caio@example.com",
        Desconto="44.90",
    ),
    order(
        "107",
        "08/04/2026 09:00:00",
        ("", "Pente", "5.00", "4"),
        email="caio@example.com",
        Desconto="35.00",
    ),
    order(
        "108",
        "09/04/2026 09:00:00",
        ("", "Vela", "39.90", "1"),
        ("", "Embalagem para presente", "4.10", "1"),
        email="caio@example.com",
        **{"Anotações do Comprador": "deixar na portaria; obrigado\nde novo"},
    ),
    order(
        "109",
        "10/04/2026 09:00:00",
        ("", "Vela", "39.90", "1"),
        email="bia@example.com",
        **{"Status do Pagamento": "Estornado"},
    ),
    # nobody's: neither an e-mail nor a CPF
    order("110", "11/04/2026 09:00:00", ("", "Vela", "1500", "1"), email=""),
    order(
        "111",
        "12/04/2026 09:00:00",
        ("", "Vela", "39.90", "dois"),
        ("", "Pente", "5.00", "1"),
        email="bia@example.com",
    ),
    order(
        "112",
        "31/02/2026 09:00:00",
        ("", "Vela", "39.90", "1"),
        ("", "Pente", "5.00", "1"),
        email="bia@example.com",
    ),
    order(
        "113",
        "13/04/2026 09:00:00",
        ("", "Vela", "39.90", "1"),
        ("", "Pente", "5.00", "1"),
        email="duda@example.com",
    ),
    order("114", "14/04/2026 09:00:00", ("SAB-1", ACAI, "24.90", "1"), email="elis@example.com"),
]
# of the second file: an order that lost its second line, and one of an e-mail in capitals
SECOND = [
    order("113", "13/04/2026 09:00:00", ("", "Vela", "39.90", "1"), email="duda@example.com"),
    order("115", "15/05/2026 09:00:00", ("SAB-1", ACAI, "24.90", "1"), email="DUDA@EXAMPLE.COM"),
]
ARGENTINE = {"Status do Pedido": "Abierta", "Status do Pagamento": "Recibido", "Moeda": "ARS"}
GUS = {"Nome do comprador": "Gus Roca", "CPF / CNPJ": "38.965.208", "Endereço": "Calle 7"}
THIRD = [
    order(
        *("6070", "28/10/2025 22:57:28"),
        *(("CEP", "Cepillo", "29990", "1"), ("SER", "Serum", "34990", "2")),
        ("", "Embalaje en PDF", "29990", "1"),
        email="gus@example.com",
        Desconto="50192.30",
        **ARGENTINE | GUS,
    ),
    order(
        *("6071", "06/11/2025 9:16", ("CEP", "Cepillo", "29990", "1")),
        email="gus@example.com",
        **ARGENTINE
        | {"Status do Pedido": "Cancelada", "Status do Pagamento": "Pendiente"}
        | {"Data e hora do cancelamento": "07/11/2025 10:00:00"}
        | {"Motivo do cancelamento": "Sin stock", "CPF / CNPJ": "38965208"},
    ),
    order(
        *("6072", "07/11/2025 8:45", ("CEP", "Cepillo", "29990", "1")),
        email="ivo@example.com",
        **ARGENTINE | {"Status do Pagamento": "Rechazado"},
    ),
]


def text(header: str, orders: list[list[dict[str, str]]], names: str = "") -> str:
    """A file as Nuvemshop writes it; `names` are what the orders' values are called, in order."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\n")
    writer.writerow(header.split(";"))
    for row in (row for rows in orders for row in rows):
        writer.writerow([row.get(name, "") for name in (names or header).split(";")])
    return out.getvalue()


@pytest.fixture(scope="module")
def shop(postgres: Path, tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """The three files loaded, and their staging models built."""
    folder = tmp_path_factory.mktemp("nuvemshop")
    data = folder / "data"
    data.mkdir()
    files = {
        "vendas-1.csv": text(PORTUGUESE, FIRST).encode("iso8859-1"),
        "vendas-2.csv": text(SHORT, SECOND).encode(),
        "ventas.csv": text(SPANISH, THIRD, PORTUGUESE).encode("iso8859-1"),
    }
    for age, (name, content) in enumerate(reversed(files.items())):
        (data / name).write_bytes(content)
        written = 1_780_000_000 - age * 86_400
        os.utime(data / name, (written, written))
    warehouse = new_warehouse(postgres, "nuvemshop", folder)
    warehouse.load("nuvemshop", data)
    warehouse.dbt("build", "--select", "path:models/staging/nuvemshop", sources=["nuvemshop"])
    return warehouse


STATES = {"Aberto": "open", "Cancelado": "cancelled"}
PAYMENTS = {
    "Confirmado": "paid",
    "Pendente": "pending",
    "Recusado": "voided",
    "Estornado": "refunded",
}


def of_api(rows: list[dict[str, str]]) -> dict[str, Any]:
    """What the API tells of an order that the export has in these rows."""

    def utc(at: str) -> str | None:
        if not at:
            return None
        local = datetime.strptime(at, "%d/%m/%Y %H:%M:%S").replace(tzinfo=ZoneInfo("Brazil/East"))
        return f"{local.astimezone(UTC):%Y-%m-%dT%H:%M:%S}+0000"

    first = rows[0]
    return {
        "number": int(first["Número do Pedido"]),
        "created_at": utc(first["Data"]),
        "cancelled_at": utc(first.get("Data e hora do cancelamento", "")),
        "cancel_reason": "customer" if "Motivo do cancelamento" in first else None,
        "status": STATES[first["Status do Pedido"]],
        "payment_status": PAYMENTS[first["Status do Pagamento"]],
        "currency": "BRL",
        "discount": first["Desconto"],
        "storefront": "mobile",
        "customer": {
            "name": first.get("Nome do comprador"),
            "email": first["E-mail"] or None,
            "identification": first.get("CPF / CNPJ"),
        },
        "shipping_address": {"city": first.get("Cidade"), "address": first["Endereço"]},
        "products": [
            {
                "id": 9_000 + place,
                "name": row["Nome do Produto"],
                "price": row["Valor do Produto"],
                "quantity": row["Quantidade Comprada"],
                "sku": row["SKU"] or None,
            }
            for place, row in enumerate(rows)
        ],
    }


@pytest.fixture(scope="module")
def by_api(
    shop: Warehouse, postgres: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Warehouse, Warehouse]:
    """The same orders by the export, and by the API, which is read to have cancelled the last.

    The second warehouse has no export of them but of that one, and of all that the API cannot tell.
    """
    folder = tmp_path_factory.mktemp("by_api")
    name = "nuvemshop_by_api"
    warehouse = new_warehouse(postgres, name, folder, template="nuvemshop")
    given = [rows for rows in FIRST if rows[0]["Número do Pedido"] not in ("111", "112", "113")]
    with fake_shops.fake_nuvemshop() as fake:
        for rows in given:
            fake.put(int(rows[0]["Número do Pedido"]), **of_api(rows))
        fake.put(114, status="cancelled", cancelled_at="2026-05-01T12:00:00+0000")
        host = f"{fake.url}/2025-03/{{login}}"
        connection = Connection("http", host, None, fake_shops.STORE, fake.token, None)
        source = declared_sources()["nuvemshop"]
        sync(source, "api_orders", warehouse, connection, say=lambda _: None)
        numbers = ", ".join(f"'{number}'" for number in fake.orders if number != 114)
    warehouse.execute(f"delete from landing.nuvemshop__sales where order_number in ({numbers})")
    warehouse.dbt("build", "--select", "path:models/staging/nuvemshop", sources=["nuvemshop"])
    return shop, warehouse


@pytest.mark.parametrize(
    ("model", "columns"),
    [
        ("orders", "order_id, customer_id, is_cancelled, is_returned, cancelled_on, ordered_at"),
        ("order_items", "order_id, product_id, quantity, unit_price, discount, amount"),
        ("customers", "customer_id, customer_name, email, city, signed_up_on"),
    ],
)
def test_the_export_and_the_api_tell_the_same(
    by_api: tuple[Warehouse, Warehouse], model: str, columns: str
) -> None:
    query = f"select {columns} from staging.stg_nuvemshop__{model} order by {columns}"
    exported, told = (
        [row for row in warehouse.rows(query) if row.get("order_id") != "114"]
        for warehouse in by_api
    )
    assert exported == told
    assert len(told) > 5


def test_an_order_that_came_both_ways_is_as_the_api_has_it(
    by_api: tuple[Warehouse, Warehouse],
) -> None:
    query = "select * from staging.stg_nuvemshop__orders where order_id = '114'"
    [exported], [told] = (warehouse.rows(query) for warehouse in by_api)
    assert not exported["is_cancelled"]
    assert (told["is_cancelled"], str(told["cancelled_on"])) == (True, "2026-05-01")


@pytest.fixture
def orders(shop: Warehouse) -> dict[str, Row]:
    return {
        row["order_id"]: row for row in shop.rows("select * from staging.stg_nuvemshop__orders")
    }


@pytest.fixture
def lines(shop: Warehouse) -> Callable[[str], list[Row]]:
    """The lines of an order, as they are in the file."""

    def of(order_id: str) -> list[Row]:
        return shop.rows(
            "select * from staging.stg_nuvemshop__order_items"
            f" where order_id = '{order_id}' order by order_item_id"
        )

    return of


def test_every_order_of_all_three_files_is_there_once(orders: dict[str, Row]) -> None:
    there = {str(number) for number in range(101, 116)} | {"6070", "6071", "6072"}
    assert set(orders) == there - {"112"}


def test_the_second_row_of_an_order_has_no_date_and_is_not_set_aside(
    shop: Warehouse, lines: Any
) -> None:
    assert [(row["product_id"], row["amount"]) for row in lines("101")] == [
        ("SAB-1", Decimal("49.80")),
        ("OL-9", Decimal("1093.18")),
    ]
    rejected = shop.rows("select rejected_because from staging.stg_nuvemshop__rejected_rows")
    assert Counter(row["rejected_because"] for row in rejected) == {
        "quantity is not a whole number": 1,
        "ordered_at is not a date": 1,
        "its order is set aside": 1,
    }


def test_days_up_to_the_twelfth_are_the_first_of_the_two_numbers(orders: dict[str, Row]) -> None:
    assert str(orders["101"]["ordered_on"]) == "2026-02-03"
    assert str(orders["6071"]["ordered_at"]) == "2025-11-06 12:16:00"


def test_an_order_shortly_before_midnight_is_of_the_shops_day(orders: dict[str, Row]) -> None:
    assert str(orders["103"]["ordered_on"]) == "2026-03-31"
    assert str(orders["103"]["ordered_at"]) == "2026-04-01 02:50:00"


def test_an_article_has_one_name_in_latin_1_and_in_utf_8(shop: Warehouse) -> None:
    names = shop.rows(
        "select product_name, count(distinct product_id) as ids"
        " from staging.stg_nuvemshop__order_items where product_name like 'Sab%' group by 1"
    )
    assert names == [{"product_name": ACAI, "ids": 1}]


def test_a_discount_is_spread_to_the_cent_and_the_rest_is_the_largest_lines(lines: Any) -> None:
    # 10.01 of 40.00: 2.5025, 5.005 and 2.5025
    assert [row["discount"] for row in lines("102")] == [
        Decimal("2.50"),
        Decimal("5.00"),
        Decimal("2.51"),
    ]
    # 50192.30 of 129960: 11582.5358, 27027.2283 and 11582.5358, a cent more than all when rounded
    assert [row["discount"] for row in lines("6070")] == [
        Decimal("11582.54"),
        Decimal("27027.22"),
        Decimal("11582.54"),
    ]


def test_totals_stand_in_the_first_row_alone_and_a_subtotal_is_before_the_discount(
    shop: Warehouse,
) -> None:
    sums = shop.rows(
        "select order_id, sum(amount) as amount from staging.stg_nuvemshop__order_items"
        " where order_id in ('101', '102', '106', '107', '6070') group by 1"
    )
    assert {row["order_id"]: row["amount"] for row in sums} == {
        "101": Decimal("1142.98"),
        "102": Decimal("29.99"),
        "106": Decimal(0),
        # 35.00 off goods of 20.00 and freight of 15.00
        "107": Decimal(0),
        # as exported: Total less Costo de envío
        "6070": Decimal("79767.70"),
    }


def test_a_coupon_for_everything_makes_prices_of_nought_and_none_below(shop: Warehouse) -> None:
    [row] = shop.rows(
        "select min(unit_price) as price, min(amount) as amount, count(*) as lines"
        " from staging.stg_nuvemshop__order_items where unit_price * quantity <= 0.01"
    )
    assert row == {"price": 0, "amount": 0, "lines": 3}


def test_cancelled_refused_and_given_back_are_three_things(orders: dict[str, Row]) -> None:
    states = ("is_cancelled", "is_returned", "cancellation_reason", "cancelled_on")
    told = {number: tuple(orders[number][state] for state in states) for number in orders}
    assert {number: state for number, state in told.items() if any(state)} == {
        "103": (True, False, "Cliente desistiu", orders["103"]["cancelled_on"]),
        "104": (True, False, "Recusado", None),
        "109": (False, True, None, None),
        "6071": (True, False, "Sin stock", orders["6071"]["cancelled_on"]),
        "6072": (True, False, "Rechazado", None),
    }
    assert str(orders["103"]["cancelled_on"]) == "2026-04-02"


def test_an_order_whose_payment_is_awaited_counts(orders: dict[str, Row]) -> None:
    # unless the shop says no: the unit test of base_nuvemshop__orders
    assert not orders["105"]["is_cancelled"]


def test_one_person_is_one_customer_by_cpf_and_by_e_mail_however_they_are_written(
    orders: dict[str, Row],
) -> None:
    same = [("101", "102"), ("113", "115"), ("6070", "6071"), ("105", "106")]
    assert all(orders[one]["customer_id"] == orders[two]["customer_id"] for one, two in same)
    people = {orders[number]["customer_id"] for number in ("101", "103", "105", "113", "114")}
    assert len(people) == 5


def test_an_order_without_an_e_mail_is_nobodys(shop: Warehouse, orders: dict[str, Row]) -> None:
    assert orders["110"]["customer_id"] is None
    [row] = shop.rows("select count(*) as customers from staging.stg_nuvemshop__customers")
    # Ana, Bia, Caio, Duda, Elis, Gus, Ivo
    assert row["customers"] == 7


def test_gift_wrapping_and_e_books_are_no_goods(shop: Warehouse) -> None:
    rows = shop.rows("select product_id, is_goods from staging.stg_nuvemshop__products")
    assert {row["product_id"] for row in rows if not row["is_goods"]} == {
        "Embalagem para presente",
        "Embalaje en PDF",
    }
    assert {row["product_id"] for row in rows if row["is_goods"]} == {
        *("SAB-1", "OL-9", "Vela", "Pente", "CEP", "SER")
    }


def test_an_order_that_lost_a_line_between_two_exports_has_no_ghost_of_it(lines: Any) -> None:
    assert [row["product_name"] for row in lines("113")] == ["Vela"]


def test_the_currency_is_the_exports_and_else_the_one_declared(orders: dict[str, Row]) -> None:
    assert {orders[number]["currency"] for number in ("101", "115")} == {"BRL"}
    assert orders["6070"]["currency"] == "ARS"


def test_tax_ids_streets_and_phones_are_nowhere_in_the_warehouse(shop: Warehouse) -> None:
    rows = shop.rows("select * from landing.nuvemshop__sales")
    everything = "\n".join(str(value) for row in rows for value in row.values())
    for personal in ("11144477735", "111.444", "38965208", "Acácias", "Calle 7", "988887777"):
        assert personal not in everything


@pytest.mark.parametrize(
    ("written", "instead", "said"),
    [
        ("24.90", "24,90", "holds no readable number (first value '24,90'"),
        ("\n101;", "\n1,01E+15;", "numbers that a spreadsheet has cut short ('1,01E+15'"),
        ("Quantidade Comprada", "Qtd.", "lacks 'Quantidade Comprada' or 'Cantidad del producto'"),
    ],
    ids=["commas", "numbers_cut_short", "a_renamed_column"],
)
def test_an_export_that_a_spreadsheet_or_a_person_changed_is_refused_with_what_to_do(
    written: str, instead: str, said: str, shop: Warehouse, tmp_path: Path
) -> None:
    sold = [order("101", "03/02/2026 10:15:00", ("", "Vela", "24.90", "1"), Desconto="")]
    content = text(PORTUGUESE, sold).replace(written, instead)
    (tmp_path / "vendas.csv").write_text(content, encoding="utf-8")
    with pytest.raises(UserError, match=re.escape(said)):
        shop.load("nuvemshop", tmp_path)


@pytest.mark.nightly
def test_the_report_counts_what_a_person_would(shop: Warehouse) -> None:
    shop.dbt("build", "--exclude-resource-type", "unit_test", sources=["nuvemshop"])
    totals = shop.row("marts.rpt_shop_totals")
    # all but order 112; 103, 104, 6071 and 6072; all people but Ivo, who never paid
    counts = ("orders", "cancelled_orders", "customers", "rejected_rows")
    assert [totals[count] for count in counts] == [17, 4, 6, 3]
    # 1142.98 + 29.99 + 39.90 + 44.00 + 1500.00 + 5.00 + 39.90 + 24.90 + 24.90 + 79767.70
    assert totals["revenue"] == Decimal("82619.27")


# name: orders, lines, value of the lines and discounts, as csv and Decimal count them
SAMPLES = {
    "tiendanube_ventas_latin1_varias_lineas.redacted.csv": (37, 44, "2765279", "761355.77"),
    "tiendanube_ventas_latin1_tracking_cientifico.redacted.csv": (33, 36, "1816510", "233890.75"),
    "vendas_pt_24_columns.test_of_a_public_repo.csv": (3, 4, "459.50", "7.99"),
    "vendas_pt_45_columns.synthetic.csv": (3, 4, "1222.78", "0"),
}


@pytest.mark.parametrize("name", SAMPLES)
def test_other_shops_exports_load_as_downloaded(
    name: str, postgres: Path, tmp_path: Path, shared_data: Callable[[str], Path]
) -> None:
    data = tmp_path / "data"
    data.mkdir()
    (data / name).write_bytes((shared_data("platforms") / "nuvemshop" / name).read_bytes())
    assert known_source(data, DBT_PROJECT)[0] == "nuvemshop"
    warehouse = new_warehouse(postgres, f"nuvemshop_{list(SAMPLES).index(name)}", tmp_path)
    warehouse.load("nuvemshop", data)
    warehouse.dbt("run", "--select", "path:models/staging/nuvemshop", sources=["nuvemshop"])
    [found] = warehouse.rows(
        "select (select count(*) from staging.stg_nuvemshop__orders) as orders, count(*) as lines,"
        " sum(amount + discount) as value, sum(discount) as discount"
        " from staging.stg_nuvemshop__order_items"
    )
    orders, lines, value, discount = SAMPLES[name]
    assert found == {
        "orders": orders,
        "lines": lines,
        "value": Decimal(value),
        "discount": Decimal(discount),
    }
