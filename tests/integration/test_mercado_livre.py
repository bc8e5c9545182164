"""Mercado Livre's report of sales as a seller downloads it: three files, made up.

August's and September's are workbooks as of 2026 and overlap; the third is a CSV as of 2023, whose
status has another name.
"""

import csv
import os
from collections import defaultdict
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from include.paths import DBT_PROJECT
from include.warehouse.known import known_source
from tests.support.warehouses import Row, Warehouse, new_warehouse

pytestmark = pytest.mark.nightly

TITLES = (
    "",
    "Neste relatório, você encontra as informações das suas vendas.",
    "",
    "Vendas  Status das suas vendas em 4 de setembro de 2026, às 18:35 hs.",
    "Vendas;;;;;;;;;;;;;;Publicidade;;Anúncios;;;;;;Compradores",
)
HEADER = (
    "N.º de venda;Data da venda;Depósito;Estado;Descrição do status;Pacote de diversos produtos;"
    "Pertence a um kit;Unidades;Receita por produtos (BRL);Tarifa de venda e impostos (BRL);"
    "Receita por envio (BRL);Cancelamentos e reembolsos (BRL);Total (BRL);"
    "Mês de faturamento das suas tarifas;Venda por publicidade;SKU;# de anúncio;Título do anúncio;"
    "Variação;Preço unitário de venda do anúncio (BRL);Tipo de anúncio;Comprador;CPF;Endereço;"
    "Cidade;Estado;CEP;País;Forma de entrega;Data de entrega;Unidades;Forma de entrega;"
    "Data de entrega;Resultado;Destino;Unidades"
)
HEADER_OF_2023 = (
    "N.º de venda;Data da venda;Status;Descrição do status;Pacote de diversos produtos;Unidades;"
    "Receita por produtos (BRL);Receita por envio (BRL);Cancelamentos e reembolsos (BRL);"
    "Total (BRL);SKU;# de anúncio;Título do anúncio;Variação;"
    "Preço unitário de venda do anúncio (BRL);Estado;País"
)
AT = "28 de agosto de 2026 09:12 hs."


def row(number: int | None, status: str, article: str = "", units: Any = 1, **more: Any) -> Row:
    """A row of the report, by short names of its columns."""
    names = {
        "revenue": "Receita por produtos (BRL)",
        "back": "Cancelamentos e reembolsos (BRL)",
        "price": "Preço unitário de venda do anúncio (BRL)",
        "at": "Data da venda",
        "cpf": "CPF",
        "sku": "SKU",
        "variation": "Variação",
    }
    return {
        "N.º de venda": number,
        "Data da venda": AT,
        "Estado": status,
        "Status": status,
        "Título do anúncio": article,
        "Unidades": units,
        "Comprador": "Ana P.",
        "Endereço": "Rua das Acácias, 12",
        "Receita por envio (BRL)": 15,
        **{names[name]: value for name, value in more.items()},
    }


def pack(number: int, articles: int, revenue: float, back: Any = None) -> Row:
    return row(number, f"Pacote de {articles} produtos", "", None, revenue=revenue, back=back)


SOAP = {"sku": "sab-1", "price": 47}
AUGUST = [
    row(2000014711234567, "Entregue", "Sabonete", revenue=47, cpf="111.444.777-35", **SOAP),
    # a cart: the money, and below it the articles, not all with a number
    pack(2000014711234568, 2, 100.01),
    row(2000014711234569, "Entregue", "Retentor", 1, price=30),
    row(None, "Entregue", "Filtro", 2, price=30),
    # one without its price
    pack(2000014711234570, 3, 10),
    row(None, "Entregue", "Vela", 1, price=5),
    row(None, "Entregue", "Pente", 1),
    row(None, "Entregue", "Touca", 1, price=1),
    row(2000014711234571, "Cancelada pelo comprador", "Vela", revenue=120, back=-120),
    row(2000014711234572, "Devolução finalizada com reembolso", "Vela", revenue=50, back=-50),
    row(2000014711234573, "Mediação finalizada. Te demos o dinheiro", "Vela", revenue=49.9),
    row(2000014711234574, "Mediação finalizada com reembolso", "Vela", revenue=30, back=-30),
    row(2000014711234575, "Troca entregue", "Vela", revenue=20),
    row(2000014711234576, "Para enviar no dia 30 de agosto", "Vela", revenue=25, back=-5),
    row(2000014711234577, "Reembolso parcial", "Vela", revenue=60, back=-10.5),
    row(2000014711234578, "Entregue", "Vela", revenue=80),
    pack(2000014711234579, 2, 70),
    row(None, "Entregue", "Vela", 1, price=30),
    row(None, "Entregue", "Pente", 1, price=40),
    row(2000014711234580, "Entregue", "Vela", revenue=11, at="31 de junho de 2026 09:12 hs."),
    row(2000014711234581, "Entregue", "Vela", units=" ", revenue=12),
    # its money is not there, and it is of no cart
    row(2000014711234582, "Entregue", "Vela"),
]
# later: one came back, of a cart one article was cancelled, of another both
SEPTEMBER = [
    pack(2000014711234579, 2, 70, -40),
    row(None, "Entregue", "Vela", 1, price=30),
    row(None, "Cancelada pelo vendedor", "Pente", 1, price=40),
    row(2000014711234578, "Devolvido no dia 2 de setembro", "Vela", revenue=80, back=-80),
    pack(2000014711234583, 2, 33, -33),
    row(None, "Cancelada pelo vendedor", "Vela", 1, price=11),
    row(None, "Cancelada pelo comprador", "Pente", 2, price=11),
    row(2000014711234584, "Entregue", "Sabonete", 3, revenue=100, cpf="11144477735", **SOAP),
]
OF_2023 = [row(2000004826452531, "Entregue", "Creatina", "1.0", revenue="37.71", back=" ")]


def cells(rows: list[Row], header: str) -> list[list[Any]]:
    """The rows as the report has them; a name that comes again is of the delivery or of returns."""
    again = {"Estado": "Goiás", "Unidades": 9, "Forma de entrega": "Correios"}
    table = []
    for one in rows:
        seen: set[str] = set()
        values: list[Any] = []
        for name in header.split(";"):
            is_second = name in seen or (name == "Estado" and "Status" in header)
            values.append((again if is_second else one).get(name))
            seen.add(name)
        table.append([" " if value in (None, "") else value for value in values])
    return table


def workbook(path: Path, rows: list[Row]) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Vendas BR"
    for line in (*(title.split(";") for title in TITLES), HEADER.split(";"), *cells(rows, HEADER)):
        sheet.append(line)
    book.save(path)


def text(path: Path, rows: list[Row]) -> None:
    with path.open("w", encoding="iso8859-1", newline="") as file:
        file.write("".join(title + "\n" for title in TITLES))
        writer = csv.writer(file, delimiter=";", lineterminator="\n")
        writer.writerows([HEADER_OF_2023.split(";"), *cells(rows, HEADER_OF_2023)])


@pytest.fixture(scope="module")
def seller(postgres: Path, tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """The three files loaded, and their staging models built."""
    folder = tmp_path_factory.mktemp("mercado_livre")
    data = folder / "data"
    data.mkdir()
    text(data / "vendas_2023.csv", OF_2023)
    workbook(data / "20260831_Vendas_BR.xlsx", AUGUST)
    workbook(data / "20260904_Vendas_BR.xlsx", SEPTEMBER)
    for day, path in enumerate(sorted(data.iterdir())):
        written = 1_780_000_000 + day * 86_400 if path.suffix == ".xlsx" else 1_700_000_000
        os.utime(path, (written, written))
    warehouse = new_warehouse(postgres, "mercado_livre", folder)
    warehouse.load("mercado_livre", data)
    build = ("build", "--select", "path:models/staging/mercado_livre")
    warehouse.dbt(*build, sources=["mercado_livre"])
    return warehouse


@pytest.fixture
def orders(seller: Warehouse) -> dict[str, Row]:
    """The orders by the last digits of their numbers."""
    rows = seller.rows("select * from staging.stg_mercado_livre__orders")
    return {one["order_id"][-2:]: one for one in rows}


@pytest.fixture
def articles(seller: Warehouse) -> dict[str, list[tuple[str, int, Decimal]]]:
    """Each order's articles: name, units and money."""
    found = defaultdict(list)
    for one in seller.rows(
        "select * from staging.stg_mercado_livre__order_items order by order_item_id"
    ):
        sold = (one["product_name"], one["quantity"], one["amount"])
        found[one["order_id"][-2:]].append(sold)
    return found


def test_the_header_is_found_below_the_titles_and_the_first_units_are_the_sales(
    articles: dict[str, Any],
) -> None:
    assert articles["67"] == [("Sabonete", 1, Decimal(47))]
    assert articles["84"] == [("Sabonete", 3, Decimal(100))]


def test_numbers_of_sixteen_digits_stay_whole(seller: Warehouse) -> None:
    [found] = seller.rows("select max(order_id) as id from staging.stg_mercado_livre__orders")
    assert found["id"] == "2000014711234584"


def test_a_date_in_words_is_the_sellers_day(orders: dict[str, Row]) -> None:
    assert str(orders["67"]["ordered_on"]) == "2026-08-28"
    assert str(orders["67"]["ordered_at"]) == "2026-08-28 12:12:00"


def test_the_money_of_a_cart_is_its_articles_by_their_prices_to_the_cent(
    articles: dict[str, Any],
) -> None:
    # 100.01 by 30 and 2 x 30; 10.00 by units, as one has no price
    assert articles["68"] == [("Retentor", 1, Decimal("33.34")), ("Filtro", 2, Decimal("66.67"))]
    assert articles["70"] == [
        ("Vela", 1, Decimal("3.33")),
        ("Pente", 1, Decimal("3.34")),
        ("Touca", 1, Decimal("3.33")),
    ]


def test_an_article_of_a_cart_is_no_order_of_its_own(orders: dict[str, Row]) -> None:
    assert "69" not in orders
    assert {*orders} == {*map(str, range(67, 80)), "83", "84", "31"} - {"69"}


def test_cancelled_and_returned_are_told_by_how_the_status_begins(orders: dict[str, Row]) -> None:
    assert {number for number, one in orders.items() if one["is_cancelled"]} == {"71", "83"}
    assert {number for number, one in orders.items() if one["is_returned"]} == {"72", "74", "78"}
    assert orders["71"]["cancellation_reason"] == "Cancelada pelo comprador"


def test_what_was_given_back_is_a_refund_once_and_none_where_all_came_back(
    seller: Warehouse,
) -> None:
    refunds = seller.rows("select * from staging.stg_mercado_livre__refunds")
    assert {one["order_id"][-2:]: one["amount"] for one in refunds} == {
        "76": Decimal(5),
        "77": Decimal("10.5"),
        # of a cart, the article that was cancelled
        "79": Decimal(40),
    }


def test_a_sale_in_two_reports_is_as_the_newer_says_and_a_cart_has_its_articles_once(
    orders: dict[str, Row], articles: dict[str, Any]
) -> None:
    assert orders["78"]["is_returned"]
    assert articles["79"] == [("Vela", 1, Decimal(30)), ("Pente", 1, Decimal(40))]


def test_the_status_is_found_under_both_its_names(orders: dict[str, Row]) -> None:
    assert not orders["31"]["is_cancelled"]
    assert orders["31"]["sales_channel"] == "Mercado Livre"


def test_a_buyer_is_known_by_the_cpf_alone_and_lives_where_the_parcel_went(
    seller: Warehouse, orders: dict[str, Row]
) -> None:
    assert orders["67"]["customer_id"] == orders["84"]["customer_id"]
    assert {number for number, one in orders.items() if one["customer_id"]} == {"67", "84"}
    [ana] = seller.rows("select * from staging.stg_mercado_livre__customers")
    assert (ana["state"], ana["customer_name"]) == ("Goiás", None)


def test_an_article_is_its_sku_and_else_its_title(seller: Warehouse) -> None:
    rows = seller.rows("select product_id, list_price from staging.stg_mercado_livre__products")
    found = {one["product_id"]: one["list_price"] for one in rows}
    assert found["SAB-1"] == 47
    assert {"Vela", "Pente", "Touca", "Retentor", "Filtro", "Creatina"} < {*found}


def test_a_row_that_cannot_be_used_is_set_aside_with_its_reason(seller: Warehouse) -> None:
    rows = seller.rows("select rejected_because from staging.stg_mercado_livre__rejected_rows")
    assert sorted(one["rejected_because"] for one in rows) == [
        "product_revenue is not a number",
        "sold_at is not a date",
        "units is not a whole number",
    ]


def test_names_streets_and_tax_ids_are_nowhere_in_the_warehouse(seller: Warehouse) -> None:
    rows = seller.rows("select * from landing.mercado_livre__sales")
    everything = "\n".join(str(value) for one in rows for value in one.values())
    for personal in ("111444", "111.444", "Acácias", "Ana P."):
        assert personal not in everything


def test_the_report_counts_what_a_person_would(seller: Warehouse) -> None:
    seller.dbt("build", "--exclude-resource-type", "unit_test", sources=["mercado_livre"])
    totals = seller.row("marts.rpt_shop_totals")
    counts = ("orders", "cancelled_orders", "customers", "rejected_rows")
    assert [totals[count] for count in counts] == [15, 2, 1, 3]
    # 47.00 + 100.01 + 10.00 + 49.90 + 20.00 + 25.00 + 60.00 + 70.00 + 100.00 + 37.71
    assert totals["revenue"] == Decimal("519.62")
    # less 5.00, 10.50 and 40.00
    assert totals["net_revenue"] == Decimal("464.12")
    ended = seller.rows("select test_name from ops.data_tests where status <> 'pass'")
    assert ended == []


def load_sample(name: str, postgres: Path, folder: Path, shared: Path) -> Warehouse:
    data = folder / "data"
    data.mkdir()
    (data / name).write_bytes((shared / "mercado_livre" / name).read_bytes())
    assert known_source(data, DBT_PROJECT)[0] == "mercado_livre"
    warehouse = new_warehouse(postgres, f"mercado_livre_{name[:4]}", folder)
    warehouse.load("mercado_livre", data)
    run = ("run", "--select", "path:models/staging/mercado_livre")
    warehouse.dbt(*run, sources=["mercado_livre"])
    return warehouse


STATES = """
select is_cancelled, is_returned, count(distinct orders.order_id) as orders, sum(amount) as amount
from staging.stg_mercado_livre__orders as orders
left join staging.stg_mercado_livre__order_items as items on orders.order_id = items.order_id
group by 1, 2 order by 1, 2
"""


def test_a_sellers_year_loads_as_downloaded(
    postgres: Path, tmp_path: Path, shared_data: Callable[[str], Path]
) -> None:
    shared = shared_data("platforms")
    name = "vendas_mercado_livre_2023.cleaned_by_its_author.csv"
    warehouse = load_sample(name, postgres, tmp_path, shared)
    sold: dict[bool, list[Decimal]] = {False: [], True: []}
    with (shared / "mercado_livre" / name).open(encoding="utf-8", newline="") as file:
        for one in csv.DictReader(file):
            is_cancelled = one["Status"].startswith("Cancelad")
            sold[is_cancelled].append(Decimal(one["Receita por produtos (BRL)"]))
    assert len(sold[True]) == 4
    assert warehouse.rows(STATES) == [
        {"is_cancelled": cancelled, "is_returned": False, "orders": len(all_), "amount": sum(all_)}
        for cancelled, all_ in sold.items()
    ]


def test_a_sellers_workbook_loads_as_downloaded(
    postgres: Path, tmp_path: Path, shared_data: Callable[[str], Path]
) -> None:
    name = "20260828_Vendas_BR.synthetic.xlsx"
    warehouse = load_sample(name, postgres, tmp_path, shared_data("platforms"))
    assert warehouse.rows(STATES) == [
        {"is_cancelled": False, "is_returned": False, "orders": 2, "amount": Decimal(247)},
        {"is_cancelled": True, "is_returned": False, "orders": 1, "amount": Decimal(120)},
    ]
