"""What scripts/new_shop.py proposes of an export, what it asks, and what it writes."""

import csv
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest
import yaml

from include.errors import UserError
from include.new_shop.ask import Ask, Shop, know
from include.new_shop.export import read_export
from include.new_shop.write import check_name, models, write
from include.paths import PROJECT
from include.warehouse.declared import declared_tables

Prompt = Callable[[str, str | None], str]
SALES = {
    "Pedido": ("1", "1", "2"),
    "Data": ("13/01/2026", "13/01/2026", "02/02/2026"),
    "Cliente": ("10", "10", "11"),
    "Produto": ("Caneca", "Meia", "Caneca"),
    "Qtde": ("2", "1", "1"),
    "Preço": ("1.500,00", "9,90", "750,00"),
    "Status": ("Pago", "Pago", "Cancelado"),
}


@pytest.fixture
def known(tmp_path: Path) -> Callable[..., tuple[Shop, list[str]]]:
    """What is known of a shop with these columns beside those above, and what was said."""

    def of(
        columns: dict[str, tuple[str, ...]],
        *without: str,
        accept: bool = True,
        prompt: Prompt | None = None,
        **options: str,
    ) -> tuple[Shop, list[str]]:
        sales = {name: cells for name, cells in (SALES | columns).items() if name not in without}
        with (tmp_path / "sales.csv").open("w", newline="", encoding="utf-8") as file:
            csv.writer(file, delimiter=";").writerows([sales, *zip(*sales.values(), strict=True)])
        said: list[str] = []
        ask = Ask({"currency": "BRL", **options}, accept, prompt)
        return know(read_export(tmp_path), ask, said.append), said

    return of


Known = Callable[..., tuple[Shop, list[str]]]

# --- which column is what


@pytest.mark.parametrize(
    "header",
    [
        "Nº Pedido;Data da Venda;CPF;SKU;Descrição;Quantidade;Preço Unitário;Situação",
        "Número de orden;Fecha;E-mail;Código;Producto;Cantidad;Precio;Estado",
        "Order ID;Order Date;Customer ID;SKU;Item Name;Qty;Unit Price;Order Status",
        "OrderNumber;CreatedAt;CustomerId;StockCode;Description;Units;UnitPrice;Status",
    ],
)
def test_headers_in_three_languages_are_known(tmp_path: Path, header: str) -> None:
    rows = ["1;2026-01-13;10;A1;Caneca;2;9.90;Pago", "2;2026-01-14;11;A2;Meia;1;5.00;Cancelado"]
    (tmp_path / "sales.csv").write_text("\n".join([header, *rows]), encoding="utf-8")
    shop = know(read_export(tmp_path), Ask({"currency": "BRL"}, True, None), lambda _: None)
    parts = ("order", "day", "customer", "article", "article_name")
    assert shop.columns == dict(
        zip((*parts, "quantity", "unit_price", "status"), header.split(";"), strict=True)
    )


def test_a_header_whose_values_look_otherwise_is_not_taken(known: Known) -> None:
    shop, _ = known({"Publicidade": ("Sim", "Não", "Sim")})
    assert "city" not in shop.columns
    shop, _ = known({"Data entrega": ("–", "–", "–"), "Data": ("2026-01-13",) * 3})
    assert shop.columns["day"] == "Data"
    with pytest.raises(UserError, match=r"No column seems to be when it was ordered, .*--day\."):
        known({"Data": ("a", "b", "c")})


def test_an_option_names_a_column_whatever_its_case_accents_and_signs(known: Known) -> None:
    shop, _ = known({"Nº da Caixa": ("7", "8", "9")}, order="n da caixa")
    assert shop.columns["order"] == "Nº da Caixa"
    assert known({"UFO": ("7", "8", "9")}, customer="UFO")[0].columns["customer"] == "UFO"
    with pytest.raises(UserError, match=r"sales\.csv has no column 'Caixas': found 'Pedido', "):
        known({}, order="Caixas")


@pytest.mark.parametrize("part", ["order", "day", "customer", "unit_price", "article_name"])
def test_what_no_models_do_without_must_have_a_column(known: Known, part: str) -> None:
    with pytest.raises(
        UserError, match=rf"No shop's models do without .*--{part.replace('_', '-')}"
    ):
        known({}, **{part: "none"})


def test_what_is_the_same_in_all_lines_of_an_order_is_not_taken_for_the_lines(known: Known) -> None:
    totals = {"Total": ("3.009,90", "3.009,90", "750,00")}
    shop, said = known(totals)
    assert "amount" not in shop.columns
    assert any("Total is the same in all lines of an order" in line for line in said)
    with pytest.raises(UserError, match=r"Total is the same in all lines .* by --amount\."):
        known(totals, "Preço")
    assert known(totals, "Preço", amount="Total")[0].columns["amount"] == "Total"
    of_the_first = {"Desconto": ("1,00", "", "2,00")}
    assert "discount" not in known(of_the_first, price_before_discount="yes")[0].columns
    of_the_second = {"Desconto": ("", "1,00", "2,00")}
    assert "discount" in known(of_the_second, price_before_discount="yes")[0].columns


def test_a_value_that_may_be_a_units_or_a_lines_is_asked_for(known: Known) -> None:
    with pytest.raises(UserError, match=r"No column seems .* Say it by --unit-price or --amount\."):
        known({"Valor": ("9,90", "9,90", "7,50")}, "Preço")


@pytest.mark.parametrize(
    ("amounts", "is_taken"),
    [
        (("3.000,00", "9,90", "750,00"), False),  # the product, in every line
        (("2.900,00", "9,90", "750,00"), True),  # after a discount
        (("3.000,00", "9,90", "765,00"), False),  # with postage
    ],
)
def test_an_amount_is_taken_where_it_is_less_than_units_times_price(
    known: Known, amounts: tuple[str, ...], is_taken: bool
) -> None:
    shop, _ = known({"Total": amounts})
    assert ("amount" in shop.columns, "unit_price" in shop.columns) == (is_taken, not is_taken)


def test_an_amount_that_is_now_less_and_now_more_is_asked_for(known: Known) -> None:
    totals = {"Total": ("2.900,00", "9,90", "765,00")}
    with pytest.raises(
        UserError, match=r"less than units × Preço in 1 lines and more in 1, .*--am"
    ):
        known(totals)
    assert "amount" in known(totals, amount="Total")[0].columns
    assert "amount" not in known(totals, amount="none")[0].columns


def test_who_bought_is_a_hash_where_the_key_says_who_it_is(known: Known) -> None:
    assert known({})[0].pseudonym is None
    assert known({"CPF": ("123.456.789-09",) * 3})[0].pseudonym == "digits"
    assert known({"E-mail": ("ana@example.com",) * 3})[0].pseudonym == "text"
    assert known({"Cliente": ("Ana Souza",) * 3})[0].pseudonym == "text"


# --- how it is written


def test_one_day_after_the_twelfth_tells_the_order_of_all(known: Known) -> None:
    assert known({})[0].reader == {"day_first": True, "decimal": ","}
    shop, _ = known({"Data": ("01/13/2026", "01/13/2026", "02/02/2026")})
    assert shop.reader["day_first"] is False


def test_days_up_to_the_twelfth_are_asked_for(known: Known) -> None:
    days = {"Data": ("05/01/2026", "05/01/2026", "02/02/2026")}
    with pytest.raises(UserError) as refusal:
        known(days)
    assert str(refusal.value) == (
        "Whether 05/01/2026 begins with the day or with the month cannot be told. Say it by"
        " --day-first or --month-first."
    )
    assert known(days, day_first="no")[0].reader["day_first"] is False


def test_a_point_before_three_digits_is_asked_for(known: Known) -> None:
    prices = {"Preço": ("1.500", "900", "2.000")}
    with pytest.raises(UserError, match=r"1\.500 has a decimal comma or .* by --decimal\."):
        known(prices)
    assert known(prices, decimal=",")[0].reader["decimal"] == ","


@pytest.mark.parametrize(
    ("prices", "reader"),
    [
        (("R$ 1.500", "R$ 9,90", "R$ 10"), {"decimal": ",", "currency": "R$"}),
        (("1,500.00", "9.90", "10"), {"decimal": "."}),
        (("1 500,00", "9,90", "10"), {"decimal": ",", "thousands": " "}),
        (("1500", "9", "10"), {}),
    ],
)
def test_numbers_tell_how_they_are_written(
    known: Known, prices: tuple[str, ...], reader: dict[str, str]
) -> None:
    assert known({"Preço": prices})[0].reader == {"day_first": True, **reader}


def test_a_time_and_a_part_of_a_unit_are_seen(known: Known) -> None:
    assert (known({})[0].has_times, known({})[0].is_weighed) == (False, False)
    shop, _ = known({"Data": ("13/01/2026 08:30",) * 3, "Qtde": ("0,250", "1", "1")})
    assert (shop.has_times, shop.time_zone, shop.is_weighed) == (True, "America/Sao_Paulo", True)


# --- what is asked


def test_without_a_terminal_nothing_is_taken_that_nobody_has_agreed_to(known: Known) -> None:
    with pytest.raises(UserError, match="say it by --yes, and the others by options"):
        known({}, accept=False)


def test_statuses_are_told_by_their_words_or_asked_for(known: Known) -> None:
    shop, _ = known({"Status": ("Pago", "CANCELADO", "Devolução")})
    assert (shop.cancelled, shop.returned) == (["CANCELADO"], ["Devolução"])
    with pytest.raises(
        UserError, match=r"Of the statuses A, B, which mean cancelled\? Say .*--can"
    ):
        known({"Status": ("A", "A", "B")})
    assert known({"Status": ("A", "A", "B")}, cancelled="B")[0].cancelled == ["B"]
    assert known({"Status": ("A", "A", "B")}, cancelled="none")[0].cancelled == []
    with pytest.raises(UserError, match="There is no status 'C': found A, B"):
        known({"Status": ("A", "A", "B")}, cancelled="C")


def test_the_currency_is_told_by_its_sign_or_asked_for(known: Known) -> None:
    euros = {"Preço": ("€ 1,50", "€ 2,50", "€ 9,90")}
    with pytest.raises(UserError, match=r"sales\.csv has no column 'reais': found"):
        known({}, currency="reais")
    assert known(euros, currency=None)[0].currency == "EUR"
    with pytest.raises(UserError, match="Which currency it is, such as BRL, no column tells"):
        known({}, currency=None)


def test_whether_a_price_is_before_its_discount_is_asked_for(known: Known) -> None:
    discounts = {"Desconto": ("0,10", "0,00", "5,00"), "Total": ("3.000,00", "9,90", "750,00")}
    with pytest.raises(UserError, match="--price-before-discount or --price-after-discount"):
        known(discounts)
    assert known(discounts, price_before_discount="yes")[0].is_discount_off


def test_in_a_terminal_a_person_corrects_a_line_and_answers(known: Known) -> None:
    answers = iter(["customer", "CNPJ", "CPF", "", "no", "Cancelado", "none"])
    asked = []

    def prompt(question: str, proposal: str | None) -> str:
        asked.append(question)
        return next(answers)

    days = {"Data": ("05/01/2026", "05/01/2026", "02/02/2026"), "CPF": ("123.456.789-09",) * 3}
    shop, _ = known(days, customer="Cliente", accept=False, prompt=prompt)
    assert shop.columns["customer"] == "CPF"
    assert shop.reader["day_first"] is False
    assert (shop.cancelled, shop.returned) == (["Cancelado"], [])
    assert asked[2].startswith("sales.csv has no column 'CNPJ': found 'Pedido', ")


def test_orders_whose_lines_tell_different_things_are_told(known: Known) -> None:
    _, said = known({"Status": ("Pago", "Cancelado", "Pago")})
    assert said[-1] == (
        "note: 1 orders, such as 1, have lines that differ in Status: it counts as cancelled or"
        " returned where all of its lines are."
    )


def test_files_with_different_columns_are_refused(tmp_path: Path) -> None:
    (tmp_path / "lines.csv").write_text("order,sku\n1,A\n")
    (tmp_path / "orders.csv").write_text("order,day\n1,2026-01-13\n")
    with pytest.raises(
        UserError, match=r"lines\.csv and orders\.csv have different columns, .*--file"
    ):
        read_export(tmp_path)
    assert read_export(tmp_path, "lines*").columns == ["order", "sku"]


def test_a_sheet_is_taken_by_its_name_and_declared(tmp_path: Path) -> None:
    workbook = openpyxl.Workbook()
    workbook.active.append(("Resumo", "2026", "janeiro"))
    sales = workbook.create_sheet("Vendas")
    for row in ([*SALES], *zip(*SALES.values(), strict=True)):
        sales.append(row)
    workbook.save(tmp_path / "loja.xlsx")
    ask = Ask({"currency": "BRL", "sheet": "Vendas"}, True, None)
    shop = know(read_export(tmp_path, sheet="Vendas"), ask, lambda _: None)
    assert shop.reader == {"sheet": "Vendas", "day_first": True, "decimal": ","}
    with pytest.raises(
        UserError, match=r"loja\.xlsx has no sheet 'Sales': found 'Sheet', 'Vendas'"
    ):
        read_export(tmp_path, sheet="Sales")


# --- what is written

FULL = Shop(
    columns={
        part: f"{part}'s «header»"
        for part in (
            *("order", "day", "customer", "customer_name", "email", "city", "state", "country"),
            *("article", "article_name", "quantity", "unit_price", "discount"),
            *("status", "channel", "currency"),
        )
    },
    reader={"day_first": True, "decimal": ",", "currency": ["R$", "US$"], "thousands": " "},
    pseudonym="text",
    has_times=True,
    time_zone="America/Argentina/Buenos_Aires",
    is_weighed=True,
    is_discount_off=True,
    currency=None,
    statuses=["Pago", "Client's", "Cancelado"],
    cancelled=["Cancelado", "Client's"],
    returned=[],
    files=["sales.csv"],
)
LEAST = replace(
    FULL,
    columns={part: part for part in ("order", "day", "customer", "article_name", "amount")},
    reader={},
    pseudonym=None,
    has_times=False,
    is_weighed=False,
    is_discount_off=False,
    currency="BRL",
    statuses=[],
    cancelled=[],
)


@pytest.mark.parametrize("shop", [FULL, LEAST], ids=["full", "least"])
def test_what_is_written_is_declared_as_the_reader_and_dbt_take_it(
    tmp_path: Path, shop: Shop
) -> None:
    write(shop, "loja", tmp_path / "models" / "staging")
    [(name, table)] = declared_tables("loja", tmp_path).items()
    assert name == "loja__sales"
    headers = [table.headers(column)[0] for column in table.types if column != "_row"]
    assert sorted(headers) == sorted(shop.columns.values())
    assert table.reader.known_as
    for file, text in models(shop, "loja").items():
        assert file.endswith(".sql") or yaml.safe_load(text)
        assert "SHOP" not in text


def test_what_is_written_passes_sqlfluff(tmp_path: Path) -> None:
    for name, shop in {"full": FULL, "least": LEAST}.items():
        write(shop, name, tmp_path)
    command = [sys.executable, "-m", "sqlfluff", "lint", "--nocolor", str(tmp_path)]
    done = subprocess.run(
        [*command, "--config", str(PROJECT / ".sqlfluff")],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_models_that_are_there_are_not_written_over(tmp_path: Path) -> None:
    (tmp_path / "loja").mkdir()
    with pytest.raises(UserError, match=r"There is a shop loja in .*, which may hold somebody's"):
        check_name("loja", tmp_path, force=False)
    check_name("loja", tmp_path, force=True)
    with pytest.raises(UserError, match="'Loja 1' cannot be the name of a shop's models"):
        check_name("Loja 1", tmp_path, force=False)
