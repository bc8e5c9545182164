"""Exports of a shop system that is known: told by their headers, and no more of them is stored."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import psycopg2
import pytest

from include.errors import UserError
from include.warehouse.connection import Warehouse
from include.warehouse.known import known_source
from include.warehouse.load_files import NOTE, load_files
from tests.support.scripts import call

MARKET = """
sources:
  - name: market
    schema: landing
    config: {meta: {reader: {day_first: true, decimal: ","}}}
    tables:
      - name: market__sales
        config: {meta: {reader: {known_as: The market's sales, newest_per: sale}}}
        columns:
          - {name: sale, data_type: text, config: {meta: {headers: ["N.º da venda", "Venta n.º"]}}}
          - {name: sold_at, data_type: timestamp, config: {meta: {headers: [Data, Fecha]}}}
          - {name: price, data_type: numeric, config: {meta: {headers: [Valor, Precio]}}}
          - {name: email, data_type: text, config: {meta: {headers: [E-mail], optional: true}}}
          - {name: buyer, data_type: text, config: {meta: {headers: [E-mail], pseudonym: text}}}
          - name: tax_id
            data_type: text
            config: {meta: {headers: [CPF, DNI], pseudonym: digits}}
          - {name: paid_on, data_type: date, config: {meta: {headers: [Pago em], optional: true}}}
          - {name: _row, data_type: integer}
      - name: market__buyers
        config: {meta: {reader: {known_as: The market's buyers, optional: true}}}
        columns:
          - {name: email, data_type: text, config: {meta: {headers: [E-mail]}}}
          - {name: registered_on, data_type: date, config: {meta: {headers: [Cadastro]}}}
"""
SALES = (
    "Vendas de novembro;;;;;\n"
    "n.º da  VENDA;Data;Valor;E-mail;CPF;Rua\n"
    "7;05/11/2026 10:00;1.234,50;Ana@Exemplo.com;123.456.789-09;Rua do Sol 1\n"
    "8;06/11/2026 11:00;9,90; ana@exemplo.com ;12345678909;Rua do Sol 1\n"
    "9;06/11/2026 12:00;5,00;;;Rua da Lua 2\n"
)


class Market:
    """A folder of exports, and a dbt project that knows them."""

    def __init__(self, folder: Path, warehouse: Warehouse) -> None:
        self.files, self.dbt_project = folder / "files", folder / "dbt"
        self.warehouse = warehouse
        self.files.mkdir()
        self.declare("market", MARKET)

    def declare(self, source: str, text: str) -> None:
        path = self.dbt_project / "models" / "staging" / source / f"_{source}__sources.yml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def write(self, name: str, text: str, hour: int = 0) -> None:
        path = self.files / name
        path.write_text(text, encoding="utf-8")
        os.utime(path, (hour * 3600, hour * 3600))

    def told(self) -> list[str]:
        lines: list[str] = []
        load_files(self.warehouse, "market", self.files, self.dbt_project, lines.append)
        return [line.removeprefix(NOTE) for line in lines if line.startswith(NOTE)]

    def refusal(self, act: Callable[[], Any] | None = None) -> str:
        with pytest.raises(UserError) as caught:
            (act or self.told)()
        return str(caught.value)

    def rows(self, columns: str = "*", table: str = "market__sales") -> list[tuple[Any, ...]]:
        with psycopg2.connect(self.warehouse.url) as connection, connection.cursor() as cursor:
            cursor.execute(f"select {columns} from landing.{table} order by 1")
            return cursor.fetchall()


@pytest.fixture
def market(tmp_path: Path, warehouse: Warehouse) -> Market:
    return Market(tmp_path, warehouse)


def test_a_file_is_known_by_its_headers_whatever_its_name_and_order(market: Market) -> None:
    market.write("download (3).csv", SALES)
    market.write("x.csv", "Cadastro,E-mail\n2026-01-02,bia@exemplo.com\n")
    assert market.told() == ["The market's sales: 3 in 1 file."]
    assert market.rows("sale, sold_at, price, paid_on, _row") == [
        ("7", "2026-11-05 10:00:00", "1234.50", None, 3),
        ("8", "2026-11-06 11:00:00", "9.90", None, 4),
        ("9", "2026-11-06 12:00:00", "5.00", None, 5),
    ]
    assert market.rows(table="market__buyers") == [("bia@exemplo.com", "2026-01-02")]


def test_headers_of_another_language_are_the_same_columns(market: Market) -> None:
    market.write("ventas.csv", 'Precio,Venta n.º,Fecha,DNI,E-mail\n"3,50",1,1/2/2026,5,a@b.com\n')
    market.told()
    assert market.rows("sale, sold_at, price") == [("1", "2026-02-01", "3.50")]


def test_nothing_is_stored_that_is_not_declared(market: Market) -> None:
    market.write("vendas.csv", SALES)
    market.write("notes.csv", "street\nRua do Sol 1\n")
    assert "No model reads notes.csv, which the source market does not declare." in market.told()
    with psycopg2.connect(market.warehouse.url) as connection, connection.cursor() as cursor:
        cursor.execute(
            "select relname from pg_class where relnamespace = 'landing'::regnamespace"
            " and relkind = 'r' order by 1"
        )
        assert [name for (name,) in cursor.fetchall()] == ["market__buyers", "market__sales"]
    everything = str(market.rows())
    assert "Ana@Exemplo.com" in everything
    assert "Rua" not in everything
    assert "123.456.789-09" not in everything
    assert "12345678909" not in everything


def test_a_person_has_one_pseudonym_however_it_is_typed_and_nobody_has_none(
    market: Market,
) -> None:
    market.write("vendas.csv", SALES)
    market.told()
    (_, ana, of_ana), (_, again, of_again), (_, nobody, of_nobody) = market.rows(
        "sale, buyer, tax_id"
    )
    assert len(ana) == len(of_ana) == 32
    assert (ana, of_ana) == (again, of_again)
    assert ana != of_ana
    assert (nobody, of_nobody) == (None, None)
    market.told()
    assert market.rows("sale, buyer")[0] == ("7", ana)  # the next load, too


def test_a_log_tells_where_letters_are_and_not_whose_name_they_are_of(market: Market) -> None:
    named = SALES.replace("Rua do Sol 1", "João").replace("n.º", "n.o").replace("N.º", "N.o")
    market.declare("market", MARKET.replace("N.º da venda", "N.o da venda"))
    (market.files / "vendas.csv").write_bytes(named.encode("cp1252"))
    assert "vendas.csv is not UTF-8, and is read as Windows-1252 (column Rua in row 3): where" in (
        " ".join(market.told())
    )


def test_another_warehouse_has_other_pseudonyms(market: Market) -> None:
    market.write("vendas.csv", SALES)
    market.told()
    [(_, first), *_] = market.rows("sale, buyer")
    with psycopg2.connect(market.warehouse.url) as connection, connection.cursor() as cursor:
        cursor.execute("update ops.pseudonym_key set key = repeat('7', 64)")
    market.told()
    assert market.rows("sale, buyer")[0][1] != first


def test_of_two_exports_that_overlap_a_sale_is_of_the_newer(market: Market) -> None:
    market.write("a.csv", SALES, hour=2)
    market.write("b.csv", SALES.replace("9;06/11", "10;06/11").replace("9,90", "0,01"), hour=1)
    found, taken = market.told()
    assert found == "The market's sales: 4 in 2 files."
    assert taken.startswith("2 of sale in b.csv are in a.csv as well")
    assert [price for _, price in market.rows("sale, price")] == ["5.00", "1234.50", "9.90", "5.00"]


def test_the_same_numbers_on_other_days_are_of_two_shops_and_asked_about(market: Market) -> None:
    of_one = MARKET.replace("newest_per: sale}", "newest_per: sale, dated_by: sold_at}")
    market.declare("market", of_one)
    market.write("a.csv", SALES, hour=1)
    market.told()
    market.write("b.csv", SALES.replace("/11/2026", "/03/2026"), hour=2)
    assert market.refusal() == (
        "b.csv and a.csv are of two shops, as both have 7 as sale, of 2026-03-05 and of"
        " 2026-11-05: give the files of each shop a folder of their own;"
        " docs/your-shop.md#two-shops-of-one-system tells how both are loaded."
    )
    assert {sold_at[:7] for _, sold_at in market.rows("sale, sold_at")} == {"2026-11"}


def test_one_sale_whose_day_was_corrected_and_a_moved_clock_are_of_one_shop(
    market: Market,
) -> None:
    market.declare("market", MARKET.replace("per: sale}", "per: sale, dated_by: sold_at}"))
    market.write("a.csv", SALES, hour=1)
    changed = SALES.replace("7;05/11", "7;01/03").replace("8;06/11", "8;07/11")
    market.write("b.csv", changed.replace("06/11/2026 12:00", "99/99/9999"), hour=2)
    market.told()
    assert market.rows("sale, sold_at")[:2] == [
        ("7", "2026-03-01 10:00:00"),
        ("8", "2026-11-07 11:00:00"),
    ]


def test_a_workbook_is_known_as_well(market: Market) -> None:
    workbook = openpyxl.Workbook()
    for row in (["Vendas"], ["Data", "N.º da venda", "Valor", "E-mail", "CPF"]):
        workbook.active.append(row)
    workbook.active.append(["05/11/2026", 7, 12.5, "ana@exemplo.com", 12345678909])
    workbook.save(market.files / "x.xlsx")
    assert market.told() == ["The market's sales: 1 in 1 file."]
    market.write("y.csv", SALES)
    market.told()
    assert len({tax_id for _, tax_id in market.rows("sale, tax_id")} - {None}) == 1


def test_a_file_that_lacks_a_column_is_refused_with_its_name(market: Market) -> None:
    market.write("vendas.csv", SALES.replace(";CPF;", ";RG;"))
    assert market.refusal() == (
        f"{market.files} has no file of The market's sales: vendas.csv lacks 'CPF' or 'DNI' of The"
        " market's sales. Export it again, with all of its columns."
    )
    said = market.refusal(lambda: known_source(market.files, market.dbt_project))
    assert said.startswith(
        "The headers of vendas.csv are of no shop system that is known (vendas.csv lacks 'CPF' or"
        " 'DNI' of The market's sales; export it with all of its columns): say SOURCE="
    )


def test_a_file_that_is_of_no_use_is_refused_with_what_to_do(market: Market) -> None:
    of_no_use = """
      - name: market__summary
        config:
          meta: {reader: {known_as: a summary, refused: it names no sale; export the sales.}}
        columns:
          - {name: month, config: {meta: {headers: [Mês]}}}
          - {name: sum, config: {meta: {headers: [Soma]}}}
"""
    market.declare("market", MARKET + of_no_use)
    market.write("resumo.csv", "Mês;Soma\n11/2026;9,90\n")
    said = "resumo.csv is a summary: it names no sale; export the sales."
    assert market.refusal() == said
    assert market.refusal(lambda: known_source(market.files, market.dbt_project)) == said
    # beside what is of use it is only told
    market.write("vendas.csv", SALES)
    assert "No model reads resumo.csv, which the source market does not declare." in market.told()
    assert known_source(market.files, market.dbt_project)[0] == "market"


def test_a_header_may_be_declared_only_as_a_list(market: Market) -> None:
    market.declare("market", MARKET.replace("[Data, Fecha]", "Data"))
    market.write("vendas.csv", SALES)
    assert market.refusal() == (
        "_market__sources.yml declares headers of sold_at: write a list of texts."
    )
    market.declare("market", MARKET.replace("pseudonym: text", "pseudonym: letters"))
    assert market.refusal().endswith("write digits or text.")


def test_whose_files_a_folder_holds_is_found_out(market: Market) -> None:
    market.write("vendas-1.csv", SALES)
    market.write("vendas-2.csv", SALES)
    source, found = known_source(market.files, market.dbt_project)
    assert source == "market"
    assert {called: [path.name for path in paths] for called, paths in found.items()} == {
        "The market's sales": ["vendas-1.csv", "vendas-2.csv"]
    }


def test_a_folder_of_two_shops_or_of_none_that_is_known_is_asked_about(market: Market) -> None:
    market.write("orders.csv", "id,total\n1,2\n")
    said = market.refusal(lambda: known_source(market.files, market.dbt_project))
    assert said.startswith("The headers of orders.csv are of no shop system that is known: say")
    market.declare(
        "stall",
        MARKET.replace("market", "stall")
        .replace("N.º da venda", "Stall")
        .replace("[Data,", "[Day,"),
    )
    market.write("vendas.csv", SALES)
    market.write("stall.csv", "Stall,Day,Valor,E-mail,CPF\n1,05/11/2026,1,,\n")
    said = market.refusal(lambda: known_source(market.files, market.dbt_project))
    assert said == (
        f"{market.files} holds exports of market and of stall: give each a folder of its own, or"
        " say which one is meant, as SOURCE=market."
    )


def test_a_file_that_two_shops_export_alike_is_asked_about(market: Market) -> None:
    market.declare("branch", MARKET.replace("market", "branch"))
    market.write("vendas.csv", SALES)
    said = market.refusal(lambda: known_source(market.files, market.dbt_project))
    assert f"{market.files} holds exports of branch and of market: give each a folder" in said


XLS, ZIP = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), b"PK\x03\x04" + bytes(range(256))


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("vendas-2.csv", b"", "is empty (0 bytes): export it again."),
        ("vendas.csv", ZIP, "is no CSV but a workbook or an archive, whatever its name: call it"),
        ("vendas.csv", XLS, "is no CSV but a workbook or an archive, whatever its name: call it"),
        ("vendas.xlsx", XLS, "is not a readable Excel file: open it in Excel and save it as"),
        ("vendas.xlsx", SALES.encode(), "is not a readable Excel file: open it in Excel and"),
    ],
    ids=["empty", "zip", "xls", "xls as xlsx", "csv as xlsx"],
)
def test_a_file_that_cannot_be_read_is_told_as_such_and_of_no_unknown_shop(
    market: Market, name: str, content: bytes, says: str
) -> None:
    (market.files / name).write_bytes(content)
    market.write("x.csv", SALES)  # beside one that can be read, too
    said = market.refusal(lambda: known_source(market.files, market.dbt_project))
    assert said.startswith(f"{name} {says}")
    assert market.refusal() == said


@pytest.mark.parametrize(
    ("name", "do"),
    [
        ("vendas.zip", "unpack a .zip into the folder."),
        ("VENDAS.XLS", "save an .xls as .xlsx in a spreadsheet."),
        ("vendas.ods", "save an .ods as .xlsx in a spreadsheet."),
    ],
)
def test_what_to_do_with_a_file_of_another_kind_is_said(market: Market, name: str, do: str) -> None:
    (market.files / name).write_bytes(ZIP)
    said = market.refusal(lambda: known_source(market.files, market.dbt_project))
    assert said.endswith(f"found only {name}: {do}")
    market.write("x.csv", SALES)
    assert market.told()[-1].endswith(f"are read, and not {name}: {do}")


def test_a_column_that_a_spreadsheet_has_changed_is_told_by_its_header_with_the_likeliest_remedy(
    market: Market,
) -> None:
    market.write("vendas.csv", SALES.replace("9,90", "n/a").replace("5,00", "?"))
    [told] = [line for line in market.told() if "Column" in line]
    assert told.startswith("Column price ('Valor' or 'Precio') of vendas.csv: 2 of 3 values are no")
    us = SALES.replace("1.234,50", "1,234.50").replace("9,90", "9.90").replace("5,00", "5.00")
    market.write("vendas.csv", us)
    said = market.refusal()
    assert said.startswith("Column price ('Valor' or 'Precio') of vendas.csv ")
    assert ": export it again, and load it without opening it in a spreadsheet, or write " in said


def test_files_that_nobody_knows_are_asked_about_before_anything_starts(tmp_path: Path) -> None:
    from scripts.demo import app

    (tmp_path / "orders.csv").write_text("id,total\n1,2\n")
    ended = call(app, "--data", str(tmp_path))
    assert ended.returncode == 1
    assert "The headers of orders.csv are of no shop system that is known" in ended.stderr
