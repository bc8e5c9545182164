"""A shop built on Postgres, and whether another database has the same rows of it."""

import json
import math
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg2
import pyarrow as pa
from adbc_driver_postgresql import dbapi
from pyarrow import parquet

from include.churn_model.store import fit_for_the_week
from tests.support.shop_systems import load_shop_systems
from tests.support.warehouses import Row, Warehouse, new_warehouse

NO_TESTS = ("--exclude-resource-type", "test", "unit_test")
ONLY_ON_POSTGRES = {"marts.customer_history"}  # a snapshot
CLOSE = 1e-9  # floating-point numbers that differ by a smaller part are the same

LastDigits = Mapping[str, float]
"""Table → by how much its numbers with decimals may differ; the others, by nothing."""


@dataclass(frozen=True)
class OnPostgres:
    """A shop's warehouse, and what another database needs to build the same."""

    sources: list[str]
    warehouse: Warehouse
    files: dict[str, str]
    """Table → a Parquet file of it: for the macro read_parquet."""

    @property
    def tables(self) -> list[str]:
        query = """
            select table_schema || '.' || table_name as name
            from information_schema.tables
            where table_schema in ('shop', 'intermediate', 'marts') and table_type = 'BASE TABLE'
            order by 1
        """
        names = [row["name"] for row in self.warehouse.rows(query)]
        return [name for name in names if name not in ONLY_ON_POSTGRES]


def on_postgres(
    postgres: Path, shop: str, shared_data: Callable[[str], Path], folder: Path
) -> OnPostgres:
    """The demo shop from its seeds, the sample of CDNOW's customers from its file, or a shop with
    all shop systems, by files and APIs; predicted.
    """
    warehouse = new_warehouse(postgres, f"{shop}_on_{folder.name}", folder)
    fitted = [f"ops.{table}" for table in ("churn_model_parameters", "prediction_deciles")]
    files = {table: folder / f"{table}.parquet" for table in fitted}
    sources = [shop]
    if shop == "shop_systems":
        sources = load_shop_systems(warehouse, shared_data("platforms"))
        files |= landing_files(warehouse, folder)
    if shop == "cdnow":
        files["landing.cdnow__cdnow"] = shared_data("cdnow_sample") / "cdnow.parquet"
        warehouse.load("cdnow", shared_data("cdnow_sample"))

    warehouse.dbt("build", *NO_TESTS, sources=sources)
    with closing(psycopg2.connect(warehouse.url)) as connection:
        fit_for_the_week(connection)
    warehouse.dbt(
        "build",
        *NO_TESTS,
        "--select",
        "int_churn_model_parameters+",
        "int_prediction_deciles+",
        sources=sources,
    )
    with dbapi.connect(warehouse.url) as connection, connection.cursor() as cursor:
        for table in fitted:
            cursor.execute(f"select * from {table}")
            parquet.write_table(cursor.fetch_arrow_table(), files[table])
    return OnPostgres(sources, warehouse, {table: str(path) for table, path in files.items()})


def landing_files(warehouse: Warehouse, folder: Path) -> dict[str, Path]:
    """Table of landing → a Parquet file of it."""
    files = {}
    with dbapi.connect(warehouse.url) as connection, connection.cursor() as cursor:
        for row in warehouse.rows(
            "select tablename as name from pg_tables where schemaname = 'landing'"
            " and tablename !~ '^_dlt|rejected$'"
        ):
            files[f"landing.{row['name']}"] = folder / f"{row['name']}.parquet"
            cursor.execute(f"select * from landing.{row['name']}")
            parquet.write_table(plain(cursor.fetch_arrow_table()), files[f"landing.{row['name']}"])
    return files


def plain(table: pa.Table) -> pa.Table:
    """JSON as text, and numbers whose size is not declared with one: as Parquet knows them."""
    for place, field in enumerate(table.schema):
        if isinstance(field.type, pa.BaseExtensionType):
            column = table.column(place)
            storage = pa.chunked_array([c.storage for c in column.chunks], field.type.storage_type)
            is_number = "numeric" in str(field.type)
            storage = storage.cast(pa.decimal128(38, 9)) if is_number else storage
            table = table.set_column(place, field.name, storage)
    return table


def differences(
    shop: OnPostgres, other_rows: Callable[[str], list[Row]], last_digits: LastDigits
) -> dict[str, tuple[int, list[str]]]:
    """Table → how many values of it differ, and the first of them."""
    different = {}
    for table in shop.tables:
        found = _differences(
            shop.warehouse.rows(f"select * from {table}"),
            other_rows(table),
            last_digits.get(table, 0),
        )
        if found:
            different[table] = (len(found), found[:5])
    return different


def _differences(postgres: list[Row], other: list[Row], last_digits: float) -> list[str]:
    """What differs between two tables, a line a value."""
    if len(postgres) != len(other):
        return [f"{len(postgres)} rows on Postgres, {len(other)} on the other"]
    return [
        f"{column}: {one[column]} on Postgres, {another.get(column)} on the other"
        for one, another in zip(_in_order(postgres), _in_order(other), strict=True)
        for column in one
        if not _same(one[column], another.get(column), last_digits)
    ]


def _in_order(rows: list[Row]) -> list[Row]:
    """Rows in an order that is the same for both: first by what is no rounded number in them."""
    rows = [{column: _compared(row[column], column) for column in sorted(row)} for row in rows]
    return sorted(
        rows,
        key=lambda row: (
            [str(v) for v in row.values() if not isinstance(v, float | Decimal)],
            [str(v) for v in row.values() if isinstance(v, Decimal)],
        ),
    )


def _compared(value: Any, column: str) -> Any:
    """A value as both would have it: no time zone on a UTC timestamp, no zeros after a decimal, no
    hyphens in a key.
    """
    if isinstance(value, Decimal):
        return value.normalize() + 0
    if isinstance(value, datetime):
        return value.replace(tzinfo=None)
    if column.endswith(("_key", "_key_a", "_key_b")) and value is not None:
        return str(value).replace("-", "")
    if column == "source_row" and value is not None:
        return _parsed(value)
    return value


def _parsed(value: Any) -> Any:
    """A row told as JSON; an API's lists are JSON in it on one, and text on the other."""
    if isinstance(value, str) and value.startswith(("[", "{")):
        value = json.loads(value)
    return {name: _parsed(one) for name, one in value.items()} if isinstance(value, dict) else value


def _same(one: Any, other: Any, last_digits: float) -> bool:
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=CLOSE, abs_tol=CLOSE)
    if isinstance(one, Decimal) and isinstance(other, Decimal):
        return abs(one - other) <= last_digits
    return bool(one == other)
