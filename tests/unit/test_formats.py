"""Dates and numbers as a source declares them, read into what `landing` holds."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pytest
import yaml
from pyarrow import parquet

from include.errors import UserError
from include.warehouse.declared import Reader, Table, declared_tables
from include.warehouse.files import open_file
from include.warehouse.formats import converters
from include.warehouse.readable import are_readable, as_declared, is_readable, kind_of
from include.warehouse.watched import Watched

Load = Callable[..., tuple[list[Any], list[str]]]

FILE = "_shop__sources.yml"


def as_read(text: str, declared: str, **reader: Any) -> str:
    """What `landing` holds of a text."""
    return converters(Table({"of": declared}, Reader(**reader)))["of"](text)


@pytest.fixture
def loaded(tmp_path: Path) -> Load:
    """What `landing` would hold of a column, and what is told of it."""

    def load(values: list[Any], declared: str, **reader: Any) -> tuple[list[Any], list[str]]:
        table = Table({"of": declared}, Reader(**reader), FILE)
        if all(isinstance(value, str) for value in values):
            path = tmp_path / "sales.csv"
            path.write_text("of;id\n" + "".join(f"{value};x\n" for value in values), "utf-8")
        else:
            path = tmp_path / "sales.xlsx"
            workbook = openpyxl.Workbook()
            for value in ("of", *values):
                workbook.active.append((value, "x"))
            workbook.active["B1"] = "id"
            workbook.save(path)
        watched = Watched(as_declared(open_file(path, table), table.types), table.types)
        read = [one for batch in watched.file.batches for one in batch.column("of").to_pylist()]
        return read, watched.told()

    return load


def refusal(load: Load, values: list[Any], declared: str, **reader: Any) -> str:
    with pytest.raises(UserError) as caught:
        load(values, declared, **reader)
    assert "\n" not in str(caught.value)
    return str(caught.value)


# --- what is read


@pytest.mark.parametrize(
    ("text", "landed"),
    [
        ("1.234,56", "1234.56"),
        ("1.500", "1500"),
        ("1.234.567,8", "1234567.8"),
        ("24,90", "24.90"),
        ("0,00", "0.00"),
        (",5", "0.5"),
        ("-3", "-3"),
        ("1234,5", "1234.5"),
        ("R$ 1.234,56", "1234.56"),
        ("R$\u00a01.093,18", "1093.18"),
        ("-R$ 50,00", "-50.00"),
        ("R$ -50,00", "-50.00"),
        ("50,00 R$", "50.00"),
        # what a number with commas cannot be stays unreadable, for `try_cast` as well
        ("10.50", "unreadable: 10.50"),
        ("1.5", "unreadable: 1.5"),
        ("US$ 5,00", "US$ 5,00"),
        ("1,234,567", "1,234,567"),
        ("-", "-"),
    ],
)
def test_numbers_with_decimal_commas(text: str, landed: str) -> None:
    assert as_read(text, "numeric", decimal=",", currency=("R$",)) == landed


def test_numbers_with_other_marks() -> None:
    assert as_read("1,234.56", "numeric", decimal=".") == "1234.56"
    assert as_read("1\u202f234,56", "numeric", decimal=",", thousands=" ") == "1234.56"
    assert as_read("1'234.56", "numeric", decimal=".", thousands="'") == "1234.56"
    assert as_read("99,90", "numeric", decimal=".") == "99,90"
    assert as_read("1.500", "integer", decimal=",") == "1500"


@pytest.mark.parametrize(
    ("text", "landed"),
    [
        ("05/11/2026", "2026-11-05"),
        ("5.11.2026", "2026-11-05"),
        ("16-09-2025", "2025-09-16"),
        ("31/12/2023 22:36", "2023-12-31 22:36:00"),
        ("03/02/2026 10:15:07", "2026-02-03 10:15:07"),
        ("03/02/2026 10:15 PM", "2026-02-03 10:15:00 PM"),
        ("03/02/2026 23:15:00 -0300", "2026-02-03 23:15:00 -0300"),
        ("28 de agosto de 2026 09:12 hs.", "2026-08-28 09:12:00"),
        ("1º de março de 2026", "2026-03-01"),
        ("4 de setembro de 2026, às 18:35 hs.", "2026-09-04 18:35:00"),
        ("sexta-feira, 28 de agosto de 2026", "2026-08-28"),
        ("2 de enero de 2026", "2026-01-02"),
        ("10 dic 2026", "2026-12-10"),
        # as the models read it
        ("2026-11-05T10:15:00Z", "2026-11-05T10:15:00Z"),
        # no such day, time or month, and a year that may be of any century
        ("12/31/2025", "12/31/2025"),
        ("30/02/2026", "30/02/2026"),
        ("03/02/2026 25:00", "03/02/2026 25:00"),
        ("3 de brumario de 2026", "3 de brumario de 2026"),
        ("05/11/26", "05/11/26"),
        ("46055", "46055"),
    ],
)
def test_days_before_months(text: str, landed: str) -> None:
    assert as_read(text, "timestamp", day_first=True) == landed


def test_months_before_days_and_days_of_a_spreadsheet() -> None:
    assert as_read("12/31/2025 8:05", "date", day_first=False) == "2025-12-31 08:05:00"
    assert as_read("46055", "date", serial_dates=True) == "2026-02-02"
    assert as_read("46055.5", "timestamp", serial_dates=True) == "2026-02-02 12:00:00"
    assert as_read("46055,25", "timestamp", serial_dates=True) == "2026-02-02 06:00:00"
    assert as_read("12", "date", serial_dates=True) == "12"


def test_cells_of_a_sheet_that_are_numbers_are_not_read_as_texts(loaded: Load) -> None:
    read, told = loaded([10.5, "99,90", "1.500", 7], "numeric", decimal=",")
    assert (read, told) == (["10.5", "99.90", "1500", "7"], [])
    assert loaded([46055, "03/02/2026"], "date", day_first=True, serial_dates=True) == (
        ["2026-02-02", "2026-02-03"],
        [],
    )


def test_days_whose_months_a_spreadsheet_has_swapped_are_refused(loaded: Load) -> None:
    turned = [datetime(2026, month, 11) for month in (3, 4, 5)]  # noqa: DTZ001
    texts = ["31/12/2025", "13/01/2026", "28/02/2026"]
    said = refusal(loaded, [*turned, *texts], "date", day_first=True)
    assert said.startswith(
        "Column of of sales.xlsx holds days up to the 12th as dates and all others as texts"
        " ('31/12/2025' in row 5): a spreadsheet has swapped day and month of the former."
    )
    read, told = loaded([*turned, *texts, "05/11/2026"], "date", day_first=True)
    assert (read[0][:10], read[-1], told) == ("2026-03-11", "2026-11-05", [])


def test_ids_that_a_file_keeps_as_floats_are_the_ids(tmp_path: Path) -> None:
    path = tmp_path / "sales.parquet"
    numbers = [123456789012.0, 2000004826452531.0, 7.0, 2.5, None]
    parquet.write_table(pa.table({"id": pa.array(numbers, pa.float64())}), path)
    table = Table({"id": "text"})
    [batch] = as_declared(open_file(path, table), table.types).batches
    assert batch.column("id").to_pylist() == ["123456789012", "2000004826452531", "7", "2.5", None]


def test_what_declares_nothing_is_left_as_it_is() -> None:
    assert converters(Table({"of": "numeric", "on": "date"}, Reader(encoding="cp1252"))) == {}
    assert converters(Table({"of": "text"}, Reader(decimal=",", day_first=True))) == {}


# --- what is told, and what is refused with what to write where


def test_single_values_in_another_format_are_set_aside_and_told(loaded: Load) -> None:
    read, told = loaded(["24,90", "10.50", "1.500", "7", "n/a"], "numeric", decimal=",")
    assert read == ["24.90", "unreadable: 10.50", "1500", "7", "n/a"]
    assert told == [
        "Column of of sales.csv: 2 of 5 values are no readable number ('10.50' in row 3, 'n/a' in"
        " row 6): write numbers like 1234,56."
    ]


@pytest.mark.parametrize(
    ("declared", "values", "said"),
    [
        (
            "date",
            ["05/11/2026", "31/12/2025"],
            "holds no readable date (first value '05/11/2026'): write dates as YYYY-MM-DD, or"
            f" declare `reader: {{day_first: true}}` under `config: meta:` in {FILE}.",
        ),
        ("date", ["05/11/2026", "12/31/2025"], "`reader: {day_first: false}` under"),
        (
            "timestamp",
            ["05/11/2026 10:00"],
            "`reader: {day_first: true}` (false where the month comes first) under `config: meta:`",
        ),
        ("timestamp", ["28 de agosto de 2026 09:12 hs."], "`reader: {day_first: true}` under"),
        ("date", ["46055"], "`reader: {serial_dates: true}` under"),
        ("numeric", ["99,90"], '`reader: {decimal: ","}` under'),
        ("numeric", ["R$ 1.234,56", "24"], '`reader: {decimal: ",", currency: "R$"}` under'),
        ("numeric", ["€5.50", "€2.50"], '`reader: {decimal: ".", currency: "€"}` under'),
        (
            "numeric",
            ["24", "99,90", "1500", "7,50"],
            "is written in another format ('99,90' in row 3, 2 of 4 values): write numbers like"
            ' 1234.56, or declare `reader: {decimal: ","}` under',
        ),
        ("numeric", ["24", "99,90", "1.500", "7,50"], "so 1.500 in row 4 may be a thousand and"),
    ],
)
def test_a_column_in_another_format_says_what_to_declare_where(
    declared: str, values: list[str], said: str, loaded: Load
) -> None:
    if values[-1] == "24":
        values = [values[0]] * 3 + values[1:]
    assert said in refusal(loaded, values, declared)


@pytest.mark.parametrize(
    ("declared", "reader", "values", "said"),
    [
        (
            "date",
            {"day_first": True},
            ["05/11/2026", "12/31/2025", "12/30/2025"],
            "is written in another format ('12/31/2025' in row 3, 2 of 3 values): write dates as"
            " YYYY-MM-DD, or declare `reader: {day_first: false}` under `config: meta:` in",
        ),
        (
            "numeric",
            {"decimal": ","},
            ["1.500", "10.50", "99.90"],
            "is written in another format ('10.50' in row 3, 2 of 3 values): write numbers like"
            ' 1234,56, or declare `reader: {decimal: "."}` under',
        ),
        ("numeric", {"decimal": "."}, ["99,90"], '`reader: {decimal: ","}` under'),
    ],
)
def test_a_column_that_contradicts_what_is_declared_is_refused(
    declared: str, reader: dict[str, Any], values: list[str], said: str, loaded: Load
) -> None:
    assert said in refusal(loaded, values, declared, **reader)


def test_blank_cells_are_no_values(loaded: Load) -> None:
    assert loaded(["5", " ", "6"], "numeric")[1] == []


ODD = {
    "numeric": "5. .5 -.5 +5 1e5 1e00005 1e400 nan NaN inf -Infinity 0x1F 1.2.3 99,90 1_000 - ٣",
    "numeric(5, 2)": "999.99 999.996 1000 -999.996 -1000",
    "real": "1e37 1e39",
    "integer": "7 -7 0x1F 2147483647 2147483648 -2147483649 7.0 7.5 1e3",
    "smallint": "32767 32768",
    "bigint": "9223372036854775807 9223372036854775808",
    "timestamp": "2026-11-05 2026-11-05T08 2026-11-05T08:00 2026-11-05T0800 2026-02-29 2028-02-29"
    " 0000-01-01 0001-01-01 9999-12-31 12026-11-05 20261105 2026-1-5 2026-11-05T24:00:00"
    " 2026-11-05T23:59:60 2026-11-05T08:00:00.5 2026-11-05T08:00Z 2026-11-05t08:00",
}


@pytest.mark.parametrize("declared", ODD)
def test_a_look_at_a_whole_column_finds_readable_only_what_is(declared: str) -> None:
    kind = kind_of(declared)
    assert kind
    for text in ODD[declared].split():
        for written in (text, text.replace("T", " "), f" {text}", f"{text}\t", f"{text}\n"):
            column = pa.array([None, written])
            if are_readable(column, kind, declared):
                assert is_readable(written, declared), written
    plain = "2026-11-05 08:26:00" if declared == "timestamp" else "-7"
    assert are_readable(pa.array([plain, None] * 3).slice(1), kind, declared)


@pytest.mark.parametrize("cut", ["2,00E+15", "3.60003E+14", "5E+20"])
def test_ids_that_a_spreadsheet_has_cut_short_are_refused(cut: str, loaded: Load) -> None:
    assert refusal(loaded, ["1001", cut, "1E5", "A+B"], "text") == (
        f"Column of of sales.csv holds numbers that a spreadsheet has cut short ({cut!r} in row 3),"
        " so that their other digits are lost: export the file again, and load it without opening"
        " it in a spreadsheet."
    )
    assert loaded([cut], "double precision", decimal="," if "," in cut else ".")[1] == []


def test_numbers_of_a_sheet_with_more_digits_than_it_keeps_are_refused_as_ids(loaded: Load) -> None:
    assert "has cut short" in refusal(loaded, ["A7", 2.0000048264525318e17], "text")


# --- where it is declared


def declare(folder: Path, **source: Any) -> None:
    path = folder / "models" / "staging" / "shop" / FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump({"sources": [{"name": "shop", "schema": "landing", **source}]}))


def test_a_reader_is_declared_for_a_source_and_for_a_table(tmp_path: Path) -> None:
    declare(
        tmp_path,
        config={"meta": {"reader": {"decimal": ",", "day_first": True, "currency": "R$"}}},
        tables=[
            {"name": "shop__orders"},
            {"name": "shop__prices", "config": {"meta": {"reader": {"decimal": "."}}}},
            {"name": "shop__days", "meta": {"reader": {"day_first": False}}},
        ],
    )
    tables = declared_tables("shop", tmp_path)
    assert tables["shop__orders"].reader == Reader(decimal=",", day_first=True, currency=("R$",))
    assert tables["shop__prices"].reader.decimal == "."
    assert tables["shop__days"].reader.day_first is False


@pytest.mark.parametrize(
    ("reader", "said"),
    [
        ({"decimals": ","}, "declares a reader with 'decimals', which there is not: write one of"),
        ({"decimal": "comma"}, "declares a reader with decimal: 'comma': write"),
        ({"day_first": "yes"}, "declares a reader with day_first: 'yes': write true or false."),
        ({"encoding": "latin-7000"}, "write one that Python knows, such as cp1252."),
        ({"decimal": ",", "thousands": ","}, "the same mark for decimals and thousands"),
        ({"currency": "R$"}, "without its decimal mark: write decimal beside currency"),
        ({"files": "orders*"}, "with files, and not newest_per: write both"),
    ],
)
def test_a_reader_that_cannot_be_is_refused(
    reader: dict[str, Any], said: str, tmp_path: Path
) -> None:
    declare(tmp_path, config={"meta": {"reader": reader}}, tables=[{"name": "shop__orders"}])
    with pytest.raises(UserError) as caught:
        declared_tables("shop", tmp_path)
    assert str(caught.value).startswith(f"{FILE} declares a reader")
    assert said in str(caught.value)


def test_the_column_that_names_the_order_is_declared(tmp_path: Path) -> None:
    reader = {"files": "orders*", "newest_per": "Number"}
    columns = [{"name": "Order"}]
    table = {"name": "shop__orders", "columns": columns, "meta": {"reader": reader}}
    declare(tmp_path, tables=[table])
    with pytest.raises(UserError, match="newest_per: 'Number', which is no column of shop__orders"):
        declared_tables("shop", tmp_path)
    columns[0]["name"] = "Number"
    reader["dated_by"] = "Day"
    declare(tmp_path, tables=[table])
    with pytest.raises(UserError, match="dated_by: 'Day', which is no column of shop__orders"):
        declared_tables("shop", tmp_path)
    del reader["dated_by"]
    declare(tmp_path, tables=[table])
    assert declared_tables("shop", tmp_path)["shop__orders"].reader.files == "orders*"
