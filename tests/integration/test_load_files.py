"""Files of a shop become tables of `landing`: what these hold, and that it is all or none."""

import datetime as dt
import gzip
import os
import random
import signal
import subprocess
import sys
import threading
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import psycopg2
import pyarrow as pa
import pytest
from pyarrow import parquet

from include.errors import TryAgainError, UserError
from include.paths import DBT_PROJECT, PROJECT
from include.warehouse import copying
from include.warehouse.connection import Warehouse
from include.warehouse.load_files import NOTE, load_files
from include.warehouse.unread import unread_files
from scripts.load_files import app
from tests.support.project_copy import environment, run
from tests.support.scripts import call

Query = Callable[[str], list[tuple[Any, ...]]]

ORDERS = "shop__orders"
ORDERS_CSV = "id,ordered_on,amount\n1,2026-11-02,10.50\n2,2026-11-03,7\n"


@pytest.fixture
def query(warehouse: Warehouse) -> Iterator[Query]:
    """Run a statement in a session of its own, each in its own transaction."""
    connection = warehouse.connect()
    connection.autocommit = True

    def run(sql: str) -> list[tuple[Any, ...]]:
        with connection.cursor() as cursor:
            cursor.execute(sql)
            return cursor.fetchall() if cursor.description else []

    yield run
    connection.close()


class Shop:
    """A folder of files, and a dbt project that declares a source `shop`."""

    def __init__(self, folder: Path, warehouse: Warehouse) -> None:
        self.files = folder / "files"
        self.files.mkdir()
        self.dbt_project = folder / "dbt"
        self.warehouse = warehouse
        self.declare({})

    def declare(
        self,
        tables: dict[str, dict[str, str]],
        source: str = "shop",
        reader: str = "{}",
        reader_of: dict[str, str] | None = None,
    ) -> None:
        lines = ["sources:", f"  - name: {source}", "    schema: landing"]
        lines += [f"    config: {{meta: {{reader: {reader}}}}}", "    tables:"]
        for table, columns in tables.items():
            own = (reader_of or {}).get(table, "{}")
            lines += [f"      - name: {table}", f"        config: {{meta: {{reader: {own}}}}}"]
            lines += ["        columns:"]
            lines += [
                f"          - {{name: {name}, data_type: '{kind}'}}"
                for name, kind in columns.items()
            ]
        path = self.dbt_project / "models" / "staging" / source / f"_{source}__sources.yml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(lines) + "\n")

    def write(self, name: str, content: str | bytes) -> None:
        data = content.encode() if isinstance(content, str) else content
        (self.files / name).write_bytes(gzip.compress(data) if name.endswith(".gz") else data)

    def write_parquet(self, name: str, **columns: Any) -> None:
        parquet.write_table(pa.table(columns), self.files / name, write_page_checksum=True)

    def write_excel(self, name: str, *rows: tuple[Any, ...]) -> None:
        workbook = openpyxl.Workbook()
        for row in rows:
            workbook.active.append(row)
        workbook.create_sheet("of no values")
        workbook.save(self.files / name)

    def load(self, say: Callable[[str], None] = lambda line: None) -> dict[str, int]:
        return load_files(self.warehouse, "shop", self.files, self.dbt_project, say)

    def told(self) -> list[str]:
        """What loading says beside a line a file."""
        lines: list[str] = []
        self.load(lines.append)
        return [line.removeprefix(NOTE) for line in lines if line.startswith(NOTE)]

    def refusal(self) -> str:
        """The one sentence with which loading ends."""
        with pytest.raises(UserError) as caught:
            self.load()
        said = str(caught.value)
        assert "\n" not in said
        return said


@pytest.fixture
def shop(tmp_path: Path, warehouse: Warehouse) -> Shop:
    return Shop(tmp_path, warehouse)


def types(query: Query, table: str) -> dict[str, str]:
    return dict(
        query(
            "select attname::text, format_type(atttypid, atttypmod) from pg_attribute"
            f" where attrelid = 'landing.{table}'::regclass and attnum > 0"
        )
    )


def tables(query: Query) -> list[str]:
    found = query("select tablename::text from pg_tables where schemaname = 'landing' order by 1")
    return [name for (name,) in found]


# --- what lands


def test_every_kind_of_file_lands_as_one_table(shop: Shop, query: Query) -> None:
    shop.write("Customers 2026.csv", "id\n1\n")
    shop.write("orderItems.CSV.GZ", gzip.compress(b"id\n1\n2\n"))
    shop.write_excel("Preços (março).xlsx", ("id",), (1,), (2,), (3,))
    shop.write_parquet("refunds.parquet", id=[1, 2, 3, 4])
    shop.write("~$Preços (março).xlsx", b"Excel's lock file")
    shop.write(".hidden.csv", "id\n1\n")
    shop.write("readme.txt", "not data")
    lines: list[str] = []
    assert shop.load(lines.append) == {
        "shop__customers_2026": 1,
        "shop__order_items": 2,
        "shop__precos_marco": 3,
        "shop__refunds": 4,
    }
    assert tables(query) == sorted(
        ["shop__customers_2026", "shop__order_items", "shop__precos_marco", "shop__refunds"]
    )
    assert lines[0].startswith("Customers 2026.csv → landing.shop__customers_2026: 1 rows in ")
    assert len(lines) == 5


def test_csv_lands_as_the_text_it_is(shop: Shop, query: Query) -> None:
    shop.write(
        "lines.csv",
        "\ufeff" + 'Code,"Product ""A""",note\r\n'
        "007, padded ,NA\r\n"
        '"a ""quoted"" name","two\nlines",ação ✓\r\n'
        '"with, comma",,""\r\n',
    )
    shop.load()
    assert types(query, "shop__lines") == {"Code": "text", 'Product "A"': "text", "note": "text"}
    assert query("select * from landing.shop__lines") == [
        ("007", " padded ", "NA"),
        ('a "quoted" name', "two\nlines", "ação ✓"),
        ("with, comma", None, None),
    ]


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_other_delimiters_that_spreadsheets_write(delimiter: str, shop: Shop, query: Query) -> None:
    shop.write("lines.csv", f"id{delimiter}amount\n1{delimiter}10,50\n")
    shop.load()
    assert query("select id, amount from landing.shop__lines") == [("1", "10,50")]


def test_a_csv_longer_than_a_batch_is_whole(shop: Shop, query: Query) -> None:
    rows = 300_000
    shop.write("lines.csv.gz", "id,text\n" + "".join(f'{i},"row\n{i}"\n' for i in range(rows)))
    assert shop.load() == {"shop__lines": rows}
    assert query(
        "select count(distinct id), sum(id::int), min(text), max(text) from landing.shop__lines"
    ) == [(rows, rows * (rows - 1) // 2, "row\n0", "row\n99999")]


def test_parquet_lands_with_its_types(shop: Shop, query: Query) -> None:
    noon = dt.datetime(2026, 11, 2, 12, 0, 0, 5)  # noqa: DTZ001
    columns: dict[str, tuple[Any, str, list[Any]]] = {
        "small": (pa.array([-1, None], pa.int8()), "smallint", [-1, None]),
        "whole": (pa.array([2**40, None]), "bigint", [2**40, None]),
        "huge": (pa.array([2**64 - 1, None], pa.uint64()), "numeric", [Decimal(2**64 - 1), None]),
        "real": (pa.array([0.1, None]), "double precision", [0.1, None]),
        "yes": (pa.array([True, None]), "boolean", [True, None]),
        "text": (pa.array(['"ç\n✓', None]), "text", ['"ç\n✓', None]),
        "blank": (pa.array(["", None]), "text", ["", None]),
        "long": (pa.array(["a", None], pa.large_string()), "text", ["a", None]),
        "category": (pa.array(["a", None]).dictionary_encode(), "text", ["a", None]),
        "code": (pa.array([7, None]).dictionary_encode(), "bigint", [7, None]),
        "day": (pa.array([noon.date(), None]), "date", [noon.date(), None]),
        "at": (pa.array([noon, None]), "timestamp without time zone", [noon, None]),
        "nanos": (
            pa.array([noon, None], pa.timestamp("ns")),
            "timestamp without time zone",
            [noon, None],
        ),
        "zoned": (
            pa.array([noon.replace(tzinfo=dt.UTC), None], pa.timestamp("us", "America/Sao_Paulo")),
            "timestamp with time zone",
            [noon.replace(tzinfo=dt.UTC), None],
        ),
        "money": (
            pa.array([Decimal("-12.30"), None], pa.decimal128(12, 2)),
            "numeric",
            [Decimal("-12.30"), None],
        ),
        "tags": (pa.array([["a", "b"], None]), "text[]", [["a", "b"], None]),
        "nothing": (pa.nulls(2), "text", [None, None]),
    }
    shop.write_parquet("all.parquet", **{name: array for name, (array, _, _) in columns.items()})
    shop.load()
    assert types(query, "shop__all") == {name: kind for name, (_, kind, _) in columns.items()}
    rows = query("select * from landing.shop__all")
    assert rows == list(zip(*(values for _, _, values in columns.values()), strict=True))


def test_decimals_of_every_size_come_through_exactly(shop: Shop, query: Query) -> None:
    rng = random.Random(1)  # noqa: S311
    precisions = {
        f"d{digits}_{scale}": (digits, scale) for digits in (4, 9, 18, 38) for scale in (0, 1, 2, 4)
    }
    numbers = {
        name: [
            Decimal(rng.randrange(10 ** rng.randint(0, digits))).scaleb(-scale)
            * rng.choice((-1, 1))
            for _ in range(500)
        ]
        for name, (digits, scale) in precisions.items()
    }
    shop.write_parquet(
        "money.parquet",
        **{
            name: pa.array(values, pa.decimal128(*precisions[name]))
            for name, values in numbers.items()
        },
    )
    shop.load()
    for name, values in numbers.items():
        assert [v for (v,) in query(f"select {name} from landing.shop__money")] == values


def test_excel_lands_the_first_sheet_a_type_a_column(shop: Shop, query: Query) -> None:
    day = dt.datetime(2026, 11, 2, 8, 26)  # noqa: DTZ001
    shop.write_excel(
        "sales.xlsx",
        ("InvoiceNo", "Quantity", "UnitPrice", "InvoiceDate", "Note", "Paid", 2026, None),
        (536365, 6, 2.55, day, "ação", True, None),
        ("C536366", -1, 3, day, None, False, None),
        (None, None, None, None, None, None, None, None),
        (536367, None, None, None, "", None, None),
    )
    assert shop.load() == {"shop__sales": 3}
    assert types(query, "shop__sales") == {
        "InvoiceNo": "text",
        "Quantity": "bigint",
        "UnitPrice": "double precision",
        "InvoiceDate": "timestamp without time zone",
        "Note": "text",
        "Paid": "boolean",
        "2026": "text",
    }
    assert query("select * from landing.shop__sales") == [
        ("536365", 6, 2.55, day, "ação", True, None),
        ("C536366", -1, 3.0, day, None, False, None),
        ("536367", None, None, None, None, None, None),
    ]


def test_excel_from_a_program_that_writes_a_wrong_size_is_read_whole(
    shop: Shop, query: Query
) -> None:
    shop.write_excel("right.xlsx", ("id", "name"), (1, "a"), (2, "b"))
    with (
        zipfile.ZipFile(shop.files / "right.xlsx") as right,
        zipfile.ZipFile(shop.files / "wrong.xlsx", "w") as wrong,
    ):
        for name in right.namelist():
            part = right.read(name)
            wrong.writestr(name, part.replace(b'<dimension ref="A1:B3"', b'<dimension ref="A1"'))
    assert shop.load() == {"shop__right": 2, "shop__wrong": 2}
    assert query("select * from landing.shop__wrong") == [(1, "a"), (2, "b")]


def test_the_only_file_of_a_source_with_one_table_may_have_any_name(
    shop: Shop, query: Query
) -> None:
    shop.declare({ORDERS: {"id": "text"}})
    shop.write("data.csv", ORDERS_CSV)
    assert shop.load() == {ORDERS: 2}
    assert tables(query) == [ORDERS]


def test_files_that_no_model_reads_yet_are_loaded_too(shop: Shop) -> None:
    shop.declare({ORDERS: {"id": "text"}})
    shop.write("orders.csv", ORDERS_CSV)
    shop.write("reviews.csv", "stars\n5\n")
    assert shop.load() == {ORDERS: 2, "shop__reviews": 1}


def test_single_bad_values_are_let_through(shop: Shop, query: Query) -> None:
    shop.declare({ORDERS: {"ordered_on": "date", "amount": "numeric(12, 2)", "id": "integer"}})
    shop.write("orders.csv", "id,ordered_on,amount\nx,yesterday,ten\n,,\n2,2026-11-03,7\n")
    assert shop.load() == {ORDERS: 3}
    assert query(f"select * from landing.{ORDERS} where id = 'x'") == [("x", "yesterday", "ten")]


def test_a_column_without_any_value_is_no_wrong_format_and_told(shop: Shop) -> None:
    shop.declare({ORDERS: {"ordered_on": "timestamp", "id": "text", "note": "text"}})
    shop.write("orders.csv", "id,ordered_on,note\n1,,\n")
    assert shop.told() == ["Column ordered_on of orders.csv has no value in any of its 1 rows."]


def test_a_column_that_is_only_half_readable_is_told_with_its_rows(shop: Shop) -> None:
    shop.declare({ORDERS: {"ordered_on": "date", "amount": "numeric", "id": "text"}})
    rows = ["2026-11-02,10.50", "2026-02-30,NaN", ",", '2026-11-03,"99,90"', "3.11.2026,1_000"]
    rows += ["2026-11-04,1e20"]
    lines = "".join(f"{number},{row}\n" for number, row in enumerate(rows))
    shop.write("orders.csv", "id,ordered_on,amount\n" + lines)
    assert shop.told() == [
        "Column ordered_on of orders.csv: 2 of 5 values are no readable date ('2026-02-30' in row"
        " 3, '3.11.2026' in row 6): write dates as YYYY-MM-DD.",
        "Column amount of orders.csv: 4 of 5 values are no readable number ('NaN' in row 3,"
        " '99,90' in row 5, '1_000' in row 6, …): write numbers like 1234.56.",
    ]


def test_numbers_of_a_parquet_file_that_are_none_are_told_with_their_rows(shop: Shop) -> None:
    shop.declare({ORDERS: {"amount": "numeric", "quantity": "integer", "day": "date"}})
    shop.write_parquet(
        "orders.parquet",
        amount=[1.5, float("nan"), float("inf")],
        quantity=[1.0, 2.5, 3e9],
        day=pa.array([0, 10**7, 1], pa.int32()).cast(pa.date32()),
    )
    assert shop.told() == [
        "Column amount of orders.parquet: 2 of 3 values are no readable number ('nan' in row 2,"
        " 'inf' in row 3): write numbers like 1234.56.",
        "Column quantity of orders.parquet: 2 of 3 values are no readable whole number ('2.5' in"
        " row 2, '3000000000' in row 3): write whole numbers like 1234.",
        "Column day of orders.parquet: 1 of 3 values are no readable date ('29349-01-26' in row 2):"
        " write dates as YYYY-MM-DD.",
    ]


def test_points_among_decimal_commas_may_be_of_thousands_and_are_refused(
    shop: Shop, query: Query
) -> None:
    shop.declare({ORDERS: {"amount": "numeric"}})
    shop.write("orders.csv", "amount\n10.50\n")
    shop.load()
    shop.write("orders.csv", 'amount\n24\n1.500\n"99,90"\n"7,50"\n')
    assert shop.refusal() == (
        "Column amount of orders.csv has decimal commas ('99,90' in row 4), so 1.500 in row 3 may"
        " be a thousand and more: write numbers like 1234.56, or declare"
        ' `reader: {decimal: ","}` under `config: meta:` in _shop__sources.yml.'
    )
    assert query(f"select * from landing.{ORDERS}") == [("10.50",)]
    # the points of what is no number, or may be thousands, are none of decimals
    shop.write("orders.csv", 'amount\n24\n1.500\n"99,90"\n"7,50"\nR$ 2.50\n1.234.567\n')
    assert "so 1.500 in row 3 may be a thousand and more" in shop.refusal()
    # as many commas as points stop nothing
    shop.write("orders.csv", 'amount\n24.10\n1.500\n"99,90"\n')
    assert shop.told() == [
        "Column amount of orders.csv: 1 of 3 values are no readable number ('99,90' in row 4):"
        " write numbers like 1234.56. The point of 1.500 in row 3 is read as that of decimals."
    ]


@pytest.mark.parametrize("kind", ["csv", "xlsx", "parquet"])
def test_what_is_declared_of_dates_and_numbers_lands_as_the_models_read_it(
    kind: str, shop: Shop, query: Query
) -> None:
    reader = '{decimal: ",", currency: "R$", day_first: true}'
    shop.declare({ORDERS: {"at": "timestamp", "price": "numeric", "note": "text"}}, reader=reader)
    rows = [
        ("31/12/2025 23:50", "R$ 1.234,56", "1,5"),
        ("1º de janeiro de 2026 às 00:10", "24,90", "31/12/2025"),
        ("05/11/2026 08:00 -0300", "10.50", None),
    ]
    if kind == "csv":
        lines = [";".join(cell or "" for cell in row) for row in rows]
        shop.write("orders.csv", "\n".join(["at;price;note", *lines]).encode("cp1252"))
    elif kind == "xlsx":
        shop.write_excel("orders.xlsx", ("at", "price", "note"), *rows)
    else:
        columns = dict(
            zip(("at", "price", "note"), map(list, zip(*rows, strict=True)), strict=True)
        )
        shop.write_parquet("orders.parquet", **columns)
    assert [line for line in shop.told() if "Windows" not in line] == [
        f"Column price of orders.{kind}: 1 of 3 values are no readable number ('10.50' in row"
        f" {3 if kind == 'parquet' else 4}): write numbers like 1234,56."
    ]
    assert query(f"select * from landing.{ORDERS}") == [
        ("2025-12-31 23:50:00", "1234.56", "1,5"),
        ("2026-01-01 00:10:00", "24.90", "31/12/2025"),
        ("2026-11-05 08:00:00 -0300", "unreadable: 10.50", None),
    ]


# --- what is declared holds for every kind of file


def test_ids_that_excel_keeps_as_numbers_are_the_ids(shop: Shop, query: Query) -> None:
    shop.declare({ORDERS: {"id": "text", "code": "text", "paid": "text", "amount": "numeric"}})
    shop.write_excel(
        "orders.xlsx", ("id", "code", "paid", "amount"), (1001, 7.0, True, 3), (1002, "A7", None, 2)
    )
    shop.load()
    assert types(query, ORDERS) == {
        "id": "text",
        "code": "text",
        "paid": "text",
        "amount": "bigint",
    }
    assert query(f"select * from landing.{ORDERS}") == [
        ("1001", "7", "true", 3),
        ("1002", "A7", None, 2),
    ]


def test_the_second_edition_of_uci_is_one_table_with_each_invoice_once(
    warehouse: Warehouse, query: Query, tmp_path: Path
) -> None:
    header = ("Invoice", "StockCode", "Description", "Quantity", "InvoiceDate", "Price")
    day = dt.datetime(2010, 12, 1, 8, 26)  # noqa: DTZ001 - as a sheet has it
    mug: tuple[Any, ...] = ("21494", "MUG", 2, day, 1.25)
    bag: tuple[Any, ...] = ("21495", "BAG", 1, day, 3.5)
    workbook = openpyxl.Workbook()
    workbook.active.title = "Year 2009-2010"
    second = workbook.create_sheet("Year 2010-2011")
    for sheet, lines in (
        (workbook.active, [(489434, *mug), ("C536365", *mug), (536366, *bag)]),
        (second, [("536366", *bag), (536367, *mug)]),
    ):
        sheet.append((*header, "Customer ID", "Country"))
        for line in lines:
            sheet.append((*line, 13085, "United Kingdom"))
    workbook.save(tmp_path / "online_retail_II.xlsx")
    said: list[str] = []
    load_files(warehouse, "uci_online_retail", tmp_path, DBT_PROJECT, said.append)
    landed = query(
        """
        select "InvoiceNo", "StockCode", "UnitPrice"::text, "CustomerID"::text
        from landing.uci_online_retail__online_retail order by 1
        """
    )
    assert landed == [
        ("489434", "21494", "1.25", "13085"),
        ("536366", "21495", "3.5", "13085"),
        ("536367", "21494", "1.25", "13085"),
        ("C536365", "21494", "1.25", "13085"),
    ]
    assert (
        "1 of InvoiceNo in the sheet 'Year 2009-2010' of online_retail_II.xlsx are in a" in said[1]
    )


@pytest.mark.parametrize("kind", ["xlsx", "parquet"])
def test_typed_columns_of_another_type_are_refused_and_the_old_table_stays(
    kind: str, shop: Shop, query: Query
) -> None:
    shop.declare({ORDERS: {"ordered_on": "date", "amount": "numeric"}})
    shop.write(f"orders.{kind}", b"")

    def write(ordered_on: Any, amount: Any) -> None:
        if kind == "xlsx":
            shop.write_excel("orders.xlsx", ("ordered_on", "amount"), (ordered_on, amount))
        else:
            shop.write_parquet("orders.parquet", ordered_on=[ordered_on], amount=[amount])

    day = dt.datetime(2026, 2, 2)  # noqa: DTZ001
    write(day, 1.5)
    shop.load()
    write(46055, 1.5)
    assert shop.refusal() == (
        f"Column ordered_on of orders.{kind} holds no readable date (first value '46055'): write"
        " dates as YYYY-MM-DD, or declare `reader: {serial_dates: true}` under `config: meta:` in"
        " _shop__sources.yml."
    )
    write(day, day)
    assert f"Column amount of orders.{kind} holds no readable number" in shop.refusal()
    write(day, True)
    assert "holds no readable number (first value 'true')" in shop.refusal()
    assert query(f"select ordered_on::date, amount from landing.{ORDERS}") == [(day.date(), 1.5)]


def test_formulas_that_no_program_has_calculated_are_refused_by_their_cell(shop: Shop) -> None:
    shop.declare({ORDERS: {"id": "text", "amount": "numeric"}})
    shop.write_excel("orders.xlsx", ("id", "amount"), ("a", 1), (None, None), ("b", "=B2*2"))
    assert shop.refusal() == (
        "Cell B4 of orders.xlsx (column amount) is a formula whose value no program has stored:"
        " open the file in Excel, save it and load it again."
    )
    shop.write_excel("orders.xlsx", ("id", "amount", "tax"), ("a", 1, "=B2/10"))
    assert shop.told()[0].startswith("Cell C2 of orders.xlsx (column tax) is a formula")


# --- several files of one kind

EXPORTS = {"Order": "text", "Line": "text", "_row": "integer"}


@pytest.fixture
def exports(shop: Shop) -> Shop:
    """A shop whose orders come in several files, each written an hour after the one before."""
    reader = '{files: "orders_export*", newest_per: Order}'
    shop.declare({ORDERS: EXPORTS, "shop__customers": {"id": "text"}}, reader_of={ORDERS: reader})
    shop.write("customers.csv", "id\n1\n")
    return shop


def at_hour(shop: Shop, **hours: int) -> None:
    for name, hour in hours.items():
        [path] = shop.files.glob(f"{name}.*")
        os.utime(path, (hour * 3600, hour * 3600))


def test_overlapping_exports_are_one_table_and_an_order_is_of_the_newest_file(
    exports: Shop, query: Query
) -> None:
    exports.write("orders_export_1.csv", "Order,Line\n3,a\n4,a\n")
    exports.write("orders_export_2.csv", "Order,Line\n1,a\n1,b\n2,a\n3,a\n3,b\n,x\n")
    at_hour(exports, orders_export_1=2, orders_export_2=1)
    assert exports.told() == [
        "1 of Order in orders_export_2.csv are in orders_export_1.csv as well, and taken from"
        " there, which is newer."
    ]
    assert query(f'select * from landing.{ORDERS} order by "Order", "Line"') == [
        ("1", "a", 2, "orders_export_2.csv"),
        ("1", "b", 3, "orders_export_2.csv"),
        ("2", "a", 4, "orders_export_2.csv"),
        # of which the newer export has lost a line
        ("3", "a", 2, "orders_export_1.csv"),
        ("4", "a", 3, "orders_export_1.csv"),
        (None, "x", 7, "orders_export_2.csv"),
    ]
    assert tables(query) == ["shop__customers", ORDERS]


def test_of_files_written_at_once_the_one_with_the_highest_number_is_the_newest(
    exports: Shop, query: Query
) -> None:
    for number in (9, 10, 2):
        exports.write(f"orders_export_{number}.csv", f"Order,Line\n1,{number}\n")
        at_hour(exports, **{f"orders_export_{number}": 1})
    exports.load()
    assert query(f'select "Line" from landing.{ORDERS}') == [("10",)]


def test_files_of_one_kind_may_differ_in_columns_types_and_endings(
    exports: Shop, query: Query
) -> None:
    exports.write("Orders_Export_1.csv", "Order,Line,Price,Note\n7,a,1.50,x\n")
    exports.write_excel("orders_export_2.xlsx", ("Line", "Order", "Price"), ("b", 7, 2.5))
    exports.write_excel("orders_export_3.xlsx", ("Line", "Order", "Tax"), ("c", 8, 1))
    at_hour(exports, Orders_Export_1=1, orders_export_2=2, orders_export_3=3)
    assert exports.load()[ORDERS] == 2
    assert query(f'select "Order", "Line", "Price", "Note", "Tax" from landing.{ORDERS}') == [
        ("8", "c", None, None, 1),
        ("7", "b", "2.5", None, None),
    ]


def test_one_file_of_a_kind_is_a_table_like_that_of_several(exports: Shop, query: Query) -> None:
    exports.write("orders_export.csv", "Order,Line\n1,a\n")
    exports.load()
    query(f"create view stg_orders as select _file from landing.{ORDERS}")
    exports.write("orders_export_2.csv", "Order,Line\n2,a\n")
    exports.load()
    assert query("select * from stg_orders order by 1") == [
        ("orders_export.csv",),
        ("orders_export_2.csv",),
    ]
    (exports.files / "orders_export_2.csv").unlink()
    assert "orders_export* has 1 rows where the last load had 2" in exports.refusal()


def test_files_of_a_kind_that_are_missing_or_fit_another_are_refused(exports: Shop) -> None:
    assert "has no file orders_export* (.csv, .csv.gz, .xlsx, .parquet)" in exports.refusal()
    exports.write("orders_export_1.csv", "Order,Line\n1,a\n")
    exports.write("orders_export_2.csv", "Order,Article\n2,a\n")
    assert exports.refusal() == (
        "orders_export_2.csv has no column 'Line': add or rename it; found Order, Article."
    )
    readers = [f'{{files: "{pattern}", newest_per: Order}}' for pattern in ("orders*", "*export*")]
    kinds = ("shop__a", "shop__b")
    exports.declare(dict.fromkeys(kinds, EXPORTS), reader_of=dict(zip(kinds, readers, strict=True)))
    assert exports.refusal() == (
        "orders_export_1.csv fits the files of shop__a and of shop__b: make their patterns in"
        " _shop__sources.yml tell them apart."
    )


# --- what nobody reads, and what shrank


def test_files_that_nothing_reads_are_named(shop: Shop) -> None:
    shop.declare({"shop__orders_export_1": {"id": "text"}})
    shop.write("orders_export_1.csv", "id\n1\n")
    shop.write("orders_export_2.csv", "id\n2\n")
    shop.write("orders.xls", b"an old Excel file")
    (shop.files / "2025").mkdir()
    (shop.files / ".git").mkdir()
    assert shop.told() == [
        "No model reads orders_export_2.csv, which the source shop does not declare.",
        "Only .csv, .csv.gz, .xlsx, .parquet are read, and not 2025/, orders.xls:"
        " save an .xls as .xlsx in a spreadsheet.",
    ]


def test_files_that_nothing_reads_are_noted_for_the_report_until_they_are_gone(
    shop: Shop, warehouse: Warehouse
) -> None:
    def noted() -> tuple[str, ...]:
        with closing(warehouse.connect()) as connection:
            return unread_files(connection, ["shop"])

    assert noted() == ()
    shop.declare({ORDERS: {"id": "text"}})
    shop.write("orders.csv", "id\n1\n")
    shop.write("it's.csv", "id\n2\n")
    shop.write("orders.xls", b"an old Excel file")
    shop.load()
    assert noted() == ("it's.csv", "orders.xls")
    (shop.files / "it's.csv").unlink()
    (shop.files / "orders.xls").unlink()
    shop.load()
    assert noted() == ()


def test_a_file_with_half_of_last_times_rows_is_asked_about(shop: Shop, query: Query) -> None:
    shop.write("orders.csv", "id\n1\n2\n3\n4\n5\n")
    shop.load()
    shop.write("orders.csv", "id\n1\n2\n3\n")
    shop.load()
    shop.write("orders.csv", "id\n1\n")
    assert shop.refusal() == (
        "orders.csv has 1 rows where the last load had 3, and the table stays as it was: export it"
        " again, or, where it is whole, load it once with SHOP_DATA_MAY_SHRINK=true in the"
        " environment or in .env."
    )
    assert query(f"select count(*) from landing.{ORDERS}") == [(3,)]
    load_files(shop.warehouse, "shop", shop.files, shop.dbt_project, may_shrink=True)
    assert query(f"select count(*) from landing.{ORDERS}") == [(1,)]


# --- replacing


def test_the_same_columns_again_replace_the_rows_and_keep_the_views(
    shop: Shop, query: Query
) -> None:
    shop.write("orders.csv", ORDERS_CSV)
    shop.load()
    query("create schema staging")
    query(
        "create view staging.stg_orders with (security_barrier=true)"
        f' as select id, amount as "the Amount" from landing.{ORDERS}'
    )
    query('create view staging.of_stg as select sum("the Amount"::numeric) from staging.stg_orders')
    shop.write("orders.csv", ORDERS_CSV + "3,2026-11-04,100\n")
    shop.load()
    assert query("select * from staging.of_stg") == [(Decimal("117.50"),)]
    assert query("select reloptions from pg_class where relname = 'stg_orders'") == [
        (["security_barrier=true"],)
    ]
    assert tables(query) == [ORDERS]
    shop.load()
    assert query("select * from staging.of_stg") == [(Decimal("117.50"),)]


def test_other_columns_replace_the_table_and_drop_its_views(shop: Shop, query: Query) -> None:
    shop.write("orders.csv", ORDERS_CSV)
    shop.load()
    query(f"create view stg_orders as select amount from landing.{ORDERS}")
    query("create table mart as select * from stg_orders")
    shop.write("orders.csv", "id,total\n9,1.00\n10,2.00\n")
    shop.load()
    assert query(f"select * from landing.{ORDERS}") == [("9", "1.00"), ("10", "2.00")]
    assert query("select to_regclass('stg_orders')") == [(None,)]
    assert query("select count(*) from mart") == [(2,)]


def test_one_bad_file_leaves_every_table_as_it_was(shop: Shop, query: Query) -> None:
    shop.write("a_orders.csv", "id\nold\n")
    shop.write("b_orders.csv", "id\nold\n")
    shop.load()
    shop.write("a_orders.csv", "id\nnew\n")
    shop.write("b_orders.csv", "id\nnew\nnew,er\n")
    shop.write("c_orders.csv", "id\nnew\n")
    assert "b_orders.csv" in shop.refusal()
    assert tables(query) == ["shop__a_orders", "shop__b_orders"]
    assert query("select * from landing.shop__a_orders, landing.shop__b_orders") == [("old", "old")]


def test_a_killed_load_leaves_every_table_as_it_was(shop: Shop, query: Query) -> None:
    shop.write("orders.csv", "id\nold\n")
    shop.load()
    shop.write("orders.csv", "id\nnew\n")
    code = """
import os, signal, sys
from pathlib import Path
from include.warehouse.connection import Warehouse
from include.warehouse.load_files import load_files
die = lambda line: os.kill(os.getpid(), signal.SIGKILL)
load_files(Warehouse(sys.argv[1]), "shop", Path(sys.argv[2]), Path(sys.argv[3]), die)
"""
    done = subprocess.run(
        [sys.executable, "-c", code, shop.warehouse.url, shop.files, shop.dbt_project], check=False
    )
    assert done.returncode == -signal.SIGKILL
    assert query(f"select * from landing.{ORDERS}") == [("old",)]
    assert shop.load() == {ORDERS: 1}
    assert tables(query) == [ORDERS]


def test_readers_see_the_old_rows_until_all_are_new(shop: Shop, query: Query) -> None:
    shop.write("orders.csv", "id\nold\n")
    shop.load()
    query(f"create view stg_orders as select * from landing.{ORDERS}")
    shop.write("orders.csv", "id\nnew\n")
    seen: list[list[tuple[Any, ...]]] = []
    shop.load(lambda line: seen.append(query("select * from stg_orders")))
    assert seen == [[("old",)]]
    assert query("select * from stg_orders") == [("new",)]


def test_who_keeps_the_old_table_in_use_is_not_waited_for_without_end(
    shop: Shop, query: Query, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.write("orders.csv", "id\nold\n")
    shop.load()
    shop.write("orders.csv", "id\nnew\n")
    query("begin")
    query(f"select * from landing.{ORDERS}")
    monkeypatch.setattr(copying, "PATIENCE", 1)
    with pytest.raises(TryAgainError, match="in use for 1 seconds; end it and load again"):
        shop.load()
    query("commit")
    assert query(f"select * from landing.{ORDERS}") == [("old",)]


def test_a_connection_that_breaks_is_worth_another_try(shop: Shop, query: Query) -> None:
    shop.declare({ORDERS: {"id": "integer", "ordered_on": "date"}})
    shop.write("orders.csv", ORDERS_CSV)
    shop.load()
    shop.write("orders.csv", "id,ordered_on,amount\n" + "1,2026-11-02,10.50\n" * 1_000_000)
    end = (
        "select pg_terminate_backend(pid) from pg_stat_activity"
        " where pid <> pg_backend_pid() and datname = current_database()"
        " and state = 'active' and query like '%COPY%FROM STDIN%'"
    )

    def end_the_load() -> None:
        while not done.is_set() and not query(end):
            done.wait(0.001)

    done = threading.Event()
    killer = threading.Thread(target=end_the_load)
    killer.start()
    try:
        with pytest.raises(TryAgainError, match="the connection to Postgres broke"):
            shop.load()
    finally:
        done.set()
        killer.join()
    assert len(query(f"select * from landing.{ORDERS}")) == 2


def test_two_loads_at_the_same_time_come_one_after_the_other(shop: Shop, query: Query) -> None:
    shop.write("orders.csv", "id\nfirst\n")
    second = threading.Thread(target=shop.load)
    waiting = "select count(*) from pg_locks where locktype = 'advisory' and not granted"

    def start_the_second(line: str) -> None:
        shop.write("orders.csv", "id\nsecond\n")
        second.start()
        while query(waiting) == [(0,)]:
            threading.Event().wait(0.01)

    shop.load(start_the_second)
    second.join()
    assert query(f"select * from landing.{ORDERS}") == [("second",)]
    assert tables(query) == [ORDERS]


# --- what is refused, each in one sentence


def test_an_unknown_source(shop: Shop) -> None:
    shop.declare({}, source="olist")
    with pytest.raises(UserError) as caught:
        load_files(shop.warehouse, "ebay", shop.files, shop.dbt_project)
    assert str(caught.value) == (
        "There is no source 'ebay' (known: olist, shop): docs/your-shop.md shows how to add one."
    )
    with pytest.raises(UserError, match=r"no source '\.\./staging/shop'"):
        load_files(shop.warehouse, "../staging/shop", shop.files, shop.dbt_project)


def test_a_declaration_that_is_none(shop: Shop) -> None:
    path = shop.dbt_project / "models" / "staging" / "shop" / "_shop__sources.yml"
    path.write_text("sources: [{name: shop, tables: orders}]\n")
    assert "does not declare sources as dbt expects it" in shop.refusal()


def test_a_folder_that_is_missing_or_a_file_or_empty(shop: Shop) -> None:
    assert "holds no data files" in shop.refusal()
    shop.write("orders.xls", b"an old Excel file")
    assert shop.refusal().endswith("found only orders.xls: save an .xls as .xlsx in a spreadsheet.")
    shop.files = shop.files / "orders.xls"
    assert "is a file: give the folder" in shop.refusal()
    shop.files = shop.files.with_name("nowhere")
    assert "There is no folder" in shop.refusal()


def test_a_declared_table_without_a_file(shop: Shop) -> None:
    shop.declare({ORDERS: {}, "shop__customers": {}})
    shop.write("customers.csv", "id\n1\n")
    shop.write("order.csv", "id\n1\n")
    said = shop.refusal()
    assert "has no file orders (.csv, .csv.gz, .xlsx, .parquet)" in said
    assert said.endswith("found customers.csv, order.csv.")


def test_two_files_for_one_table(shop: Shop) -> None:
    shop.write("orders.csv", ORDERS_CSV)
    shop.write_parquet("Orders.parquet", id=[1])
    assert shop.refusal() == (
        "Orders.parquet and orders.csv would both become landing.shop__orders: remove or rename"
        " one."
    )


@pytest.mark.parametrize("suffix", ["csv", "csv.gz", "xlsx", "parquet"])
def test_a_missing_column(suffix: str, shop: Shop) -> None:
    shop.declare({ORDERS: {"id": "text", "CustomerID": "text"}})
    if suffix == "xlsx":
        shop.write_excel("orders.xlsx", ("id", "customerid"), (1, 2))
    elif suffix == "parquet":
        shop.write_parquet("orders.parquet", id=[1], customerid=[2])
    else:
        shop.write(f"orders.{suffix}", "id,customerid\n1,2\n")
    assert shop.refusal() == (
        f"orders.{suffix} has no column 'CustomerID': add or rename it; found id, customerid."
    )


@pytest.mark.parametrize(
    ("kind", "value", "sentence"),
    [
        ("date", "05/11/2026", "holds no readable date (first value '05/11/2026'): write dates as"),
        ("timestamp", "31-12-2010 08:26", "no readable date (first value '31-12-2010 08:26')"),
        ("timestamp", "2026-13-01", "no readable date (first value '2026-13-01')"),
        ("numeric", '"10,50"', "no readable number (first value '10,50'): write numbers like"),
        ("integer", "7.5", "no readable whole number (first value '7.5')"),
    ],
)
def test_a_column_in_another_format(
    kind: str, value: str, sentence: str, shop: Shop, query: Query
) -> None:
    shop.declare({ORDERS: {"of": kind}})
    shop.write("data.csv", "id,of\n1,2026-11-02\n" if "date" in sentence else "id,of\n1,7\n")
    shop.load()
    shop.write("data.csv", f"id,of\n1,\n2,{value}\n3,{value}\n")
    said = shop.refusal()
    assert said.startswith("Column of of data.csv ")
    assert sentence in said
    assert query(f"select count(*) from landing.{ORDERS}") == [(1,)]


@pytest.mark.parametrize("name", ["orders.csv", "orders.csv.gz", "orders.xlsx", "orders.parquet"])
def test_an_empty_file(name: str, shop: Shop) -> None:
    (shop.files / name).touch()
    assert shop.refusal() == f"{name} is empty (0 bytes): export it again."


@pytest.mark.parametrize("name", ["orders.csv", "orders.csv.gz", "orders.xlsx", "orders.parquet"])
def test_a_header_without_rows(name: str, shop: Shop) -> None:
    if name.endswith("xlsx"):
        shop.write_excel(name, ("id",))
    elif name.endswith("parquet"):
        shop.write_parquet(name, id=pa.array([], pa.int64()))
    else:
        shop.write(name, "id\n")
    assert shop.refusal() == f"{name} holds no rows: export it again, with its data, or remove it."


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("orders.parquet", "is not a readable Parquet file"),
        ("orders.xlsx", "is not a readable Excel file"),
        ("orders.csv.gz", "is not a whole gzip file"),
    ],
)
@pytest.mark.parametrize("damage", ["half", "other", "middle"])
def test_a_broken_file(name: str, sentence: str, damage: str, shop: Shop, query: Query) -> None:
    rng = random.Random(1)  # noqa: S311
    numbers = [rng.random() for _ in range(50_000)]
    if name.endswith("xlsx"):
        shop.write_excel(name, ("id",), *((number,) for number in numbers[:2000]))
    elif name.endswith("parquet"):
        shop.write_parquet(name, id=numbers)
    else:
        shop.write(name, "id\n" + "".join(f"{number}\n" for number in numbers))
    whole = (shop.files / name).read_bytes()
    middle = len(whole) // 2
    broken = {
        "half": whole[:middle],
        "other": b"<html>please log in</html>",
        "middle": whole[:middle] + bytes(1000) + whole[middle + 1000 :],
    }
    (shop.files / name).write_bytes(broken[damage])
    said = shop.refusal()
    assert said.startswith(name)
    assert sentence in said or (damage == "middle" and "holds" in said)
    assert tables(query) == []


def test_text_in_another_encoding_is_loaded_and_told(shop: Shop, query: Query) -> None:
    shop.declare({ORDERS: {"name": "text"}})
    other = "id;name\n" + "1;a\n" * 5000 + "2;José\n3;b\n"
    shop.write("orders.csv", other.encode("latin-1"))
    assert shop.told() == [
        "orders.csv is not UTF-8, and is read as Windows-1252 ('José' in row 5,002): where that is"
        " wrong, save it as UTF-8."
    ]
    assert query(f"select name from landing.{ORDERS} where id = '2'") == [("José",)]


def test_text_that_is_none_in_any_encoding(shop: Shop) -> None:
    other = ("id,name\n" + "1,ã\n" * 5000).encode() + b"2,Jos\xe9\n3,b\n"
    (shop.files / "orders.csv").write_bytes(other)
    said = shop.refusal()
    assert "orders.csv is not UTF-8 text: save it as UTF-8" in said
    assert "or correct column name in row 5,002." in said
    (shop.files / "orders.csv").write_bytes(b"c\xf3digo,name\n1," + "ã\n".encode())
    said = shop.refusal()
    assert "orders.csv is not UTF-8 text: save it as UTF-8" in said
    assert "or correct its header row." in said


def test_a_text_that_postgres_cannot_hold(shop: Shop) -> None:
    said = "holds a character NUL, or bytes that are no text, in column {} in row {}: correct it"
    shop.write("orders.csv", "id,name\n1,a\n\n2,b\0c\n")
    assert "orders.csv " + said.format("name", 4) in shop.refusal()
    (shop.files / "orders.csv").unlink()
    latin = pa.array([b"a", "José".encode("latin-1")]).view(pa.string())
    for item in (["a", "b\0"], latin):
        shop.write_parquet("orders.parquet", id=["1", "2"], item=item)
        assert "orders.parquet " + said.format("item", 2) in shop.refusal()


def test_a_blank_line_counts_as_a_row_as_in_a_spreadsheet(shop: Shop) -> None:
    shop.declare({ORDERS: {"amount": "numeric"}})
    shop.write("orders.csv", 'id,amount\n1,"1"\n\n2,1\n3,x\r\n\r\n\r\n4,y\n')
    [told] = shop.told()
    assert "('x' in row 5, 'y' in row 8)" in told
    shop.write("orders.csv", "id,amount\n\n1,1\n\n2\n")
    assert shop.refusal().startswith("Row 5 of orders.csv has 1 fields")


@pytest.mark.parametrize(("row", "fields"), [("2", 1), ("2,b,c", 3), ("2,b, c", 3)])
def test_a_row_with_another_number_of_fields(row: str, fields: int, shop: Shop) -> None:
    shop.write("orders.csv", f'id,name\n1,"a\nb"\n{row}\n3,c\n')
    assert shop.refusal().startswith(
        f"Row 3 of orders.csv has {fields} fields where the header has 2: correct the row"
    )


@pytest.mark.parametrize(
    ("rows", "opened"), [('2,"b\n3,c\n', 3), ('"2,b\n3,c\n', 3), ('2,b\n3,"c', 4), ('2,"', 3)]
)
def test_a_quoted_value_that_never_ends(rows: str, opened: int, shop: Shop) -> None:
    shop.write("orders.csv", "id,name\n1,a\n" + rows)
    said = shop.refusal()
    assert "orders.csv ends inside a quoted value" in said
    assert f"is opened, it seems in row {opened}, and never closed" in said


def test_a_quoted_value_that_swallows_a_large_file(shop: Shop) -> None:
    shop.write("orders.csv", 'id,name\n0,z\n1,"a\n' + "2,b\n" * 1_000_000)
    assert "Row 3 of orders.csv has more than a megabyte" in shop.refusal()


@pytest.mark.parametrize(
    ("header", "sentence"),
    [
        ("id,,name", "Column 2 of orders.csv has no name: name it in the header row"),
        ("\n\n1,2", "Row 4 of orders.csv has 3 fields where the header has 2"),
    ],
)
def test_column_names_that_postgres_cannot_hold(header: str, sentence: str, shop: Shop) -> None:
    shop.write("orders.csv", f"{header}\n1,2,3\n")
    assert sentence in shop.refusal()


def test_a_file_of_blank_lines_has_no_header_row(shop: Shop) -> None:
    shop.write("orders.csv", "\n\n")
    assert shop.refusal() == "orders.csv has no header row: export it again with one."


def test_names_that_a_program_gave_twice_are_refused_in_parquet(shop: Shop) -> None:
    table = pa.table([pa.array([1]), pa.array([2])], names=["id", "id"])
    parquet.write_table(table, shop.files / "orders.parquet")
    assert shop.refusal() == ("orders.parquet has more than one column 'id': rename or remove one.")


def test_what_an_export_has_around_its_rows_does_not_land(shop: Shop, query: Query) -> None:
    shop.declare(
        {ORDERS: {"Order": "text", "Units": "integer", "Units_2": "integer", "_row": "integer"}}
    )
    top = "My shop\nOrders;;\nOrder;Units;Units\n"
    shop.write("orders.csv", top + '="1001";2;0\n"\'1002";1;"1"\nTotal;3;\n')
    assert shop.told() == ["Row 6 of orders.csv is one of totals ('Total'), and is left out."]
    assert query(f'select "Order", "Units", "Units_2", _row from landing.{ORDERS}') == [
        ("1001", "2", "0", 4),
        ("1002", "1", "1", 5),
    ]


def test_names_with_quotes_blanks_and_sixty_three_bytes_are_kept(shop: Shop, query: Query) -> None:
    names = ['a "b"', "it's; drop table x", "select", "Ação", "x" * 63, "%s", "{}"]
    shop.write_parquet("orders.parquet", **{name: [1] for name in names})
    shop.declare({ORDERS: {}})
    shop.load()
    shop.load()
    assert list(types(query, ORDERS)) == names


def test_names_for_tables(shop: Shop) -> None:
    shop.write("x" * 60 + ".csv", "id\n1\n")
    assert "is too long: shorten it" in shop.refusal()
    (shop.files / ("x" * 60 + ".csv")).rename(shop.files / "商店.csv")
    assert shop.refusal() == "商店.csv gives no table name: rename it with letters or digits."


def test_nested_columns(shop: Shop) -> None:
    shop.write_parquet("orders.parquet", id=[1], buyer=[{"name": "Ana"}])
    assert shop.refusal().startswith("Column 'buyer' of orders.parquet is nested")


def test_what_only_postgres_refuses_is_said_in_its_words(shop: Shop) -> None:
    shop.write("orders.csv", "ctid\na\n")
    assert shop.refusal().startswith("orders.csv could not be loaded: column name")


def test_a_wrong_password_and_a_stopped_server(shop: Shop) -> None:
    shop.write("orders.csv", ORDERS_CSV)
    url = shop.warehouse.url
    right = psycopg2.extensions.parse_dsn(url)["password"]
    shop.warehouse = Warehouse(url.replace(right, "my-secret"))
    assert "does not accept the password" in shop.refusal()
    shop.warehouse = Warehouse("postgresql://me:my-secret@127.0.0.1:1/db")
    assert "No Postgres answers at 127.0.0.1:1" in shop.refusal()


# --- size


def peak_megabytes(shop: Shop) -> float:
    code = """
import sys
from pathlib import Path
from include.warehouse.connection import Warehouse
from include.warehouse.load_files import load_files
load_files(Warehouse(sys.argv[1]), "shop", Path(sys.argv[2]), Path(sys.argv[3]), lambda line: None)
print(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0])
"""
    done = subprocess.run(
        [sys.executable, "-c", code, shop.warehouse.url, shop.files, shop.dbt_project],
        check=True,
        capture_output=True,
        text=True,
    )
    return int(done.stdout) / 1024


@pytest.mark.skipif(sys.platform != "linux", reason="reads its peak of memory from /proc")
def test_a_large_file_takes_no_more_memory_than_a_smaller_one(shop: Shop) -> None:
    rows = "".join(f"{i},some text to fill the row with {i},12.50\n" for i in range(100_000))
    shop.write("lines.csv", "id,text,amount\n" + rows * 4)
    smaller = peak_megabytes(shop)
    shop.write("lines.csv", "id,text,amount\n" + rows * 16)
    size = (shop.files / "lines.csv").stat().st_size / 1024**2
    assert size > 70
    assert peak_megabytes(shop) - smaller < size / 2


# --- the sources of the project, and the command


def test_the_sources_of_the_project_land_whole(
    warehouse: Warehouse, query: Query, shared_data: Callable[[str], Path]
) -> None:
    def load(source: str, folder: str) -> dict[str, int]:
        return load_files(warehouse, source, shared_data(folder), DBT_PROJECT, lambda _: None)

    assert load("uci_online_retail", "uci_online_retail") == {
        "uci_online_retail__online_retail": 541_909
    }
    assert query(
        'select count(*) from landing.uci_online_retail__online_retail where "CustomerID" is null'
    ) == [(135_080,)]
    olist = load("olist", "olist_sample_8k")
    assert len(olist) == 8
    assert olist["olist__olist_orders_dataset"] == 8_135
    assert load("cdnow", "cdnow") == {"cdnow__cdnow": 69_659}
    assert query("select sum(amount) from landing.cdnow__cdnow") == [(Decimal("2500315.63"),)]


def test_the_command_loads_and_tells(shop: Shop, query: Query) -> None:
    shop.write("cdnow.csv", "customer_id,order_date,cds,amount\n1,1997-01-01,1,11.77\n")
    arguments = ["--source", "cdnow", "--data", str(shop.files)]
    done = call(app, *arguments, AIRFLOW_CONN_WAREHOUSE=shop.warehouse.url)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("cdnow.csv → landing.cdnow__cdnow: 1 rows in ")
    assert query("select amount from landing.cdnow__cdnow") == [("11.77",)]


def test_the_command_ends_with_one_line_where_it_cannot(shop: Shop) -> None:
    shop.write("cdnow.csv", "customer_id,order_date,cds,amount\n1,01.01.1997,1,11.77\n")
    command = [sys.executable, "scripts/load_files.py", "--source", "cdnow", "--data"]
    env = environment(PROJECT, AIRFLOW_CONN_WAREHOUSE=shop.warehouse.url)
    done = run([*command, str(shop.files)], PROJECT, env)
    assert done.returncode == 1
    assert done.stderr == (
        "error: Column order_date of cdnow.csv holds no readable date (first value '01.01.1997'):"
        " write dates as YYYY-MM-DD, or declare `reader: {day_first: true}` (false where the month"
        " comes first) under `config: meta:` in _cdnow__sources.yml.\n"
    )
