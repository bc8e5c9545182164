"""The models on Spark give, row by row, what they give on Postgres: `make nightly`, minutes.

Each shop is built on both, with its data tests, and every table is compared.
"""

import json
import math
import shutil
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from adbc_driver_postgresql import dbapi
from pyarrow import parquet

from include.churn_model.store import fit_for_the_week
from include.settings import DBT_PROJECT, PROJECT
from tests.support.project_copy import environment, run
from tests.support.warehouses import Row, Warehouse, new_warehouse

pytest.importorskip("pyspark", reason="Spark is not installed: `uv sync --group spark`")

NO_TESTS = ("--exclude-resource-type", "test", "unit_test")
ONLY_ON_POSTGRES = {"marts.customer_history"}  # a snapshot
CLOSE = 1e-9  # floating-point numbers that differ by a smaller part are the same
# Products and quotients of quotients: neither is exact, and what lies half-way between two digits
# is rounded up by one and down by the other.
LAST_DIGITS = {"marts.churn_drivers": 2e-12, "marts.daily_anomalies": 1e-3}

pytestmark = [
    pytest.mark.nightly,
    pytest.mark.skipif(not shutil.which("java"), reason="Spark needs Java 17 or later"),
    pytest.mark.timeout(3600),  # the first test of a shop waits for its builds
]


@dataclass(frozen=True)
class Spark:
    """A warehouse of Spark's in a folder, with what dbt prints of its build."""

    folder: Path
    said: str = ""

    def dbt(self, command: str, *options: str) -> str:
        """Run dbt; its output, or AssertionError with it where a model or a test failed."""
        done = run(
            ["dbt", "--no-use-colors", command, *options, "--target", "spark"],
            DBT_PROJECT,
            environment(
                PROJECT,
                SPARK_WAREHOUSE=str(self.folder),
                DBT_PROFILES_DIR=str(DBT_PROJECT),
                DBT_TARGET_PATH=str(self.folder / "target"),
                DBT_LOG_PATH=str(self.folder / "logs"),
            ),
        )
        assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-5000:]
        return done.stdout

    def rows(self, table: str) -> list[Row]:
        """The rows of a table, from its files."""
        schema, name = table.split(".")
        files = self.folder / "tables" / f"{schema}.db" / name
        rows: list[Row] = parquet.read_table(files).to_pylist()
        return rows


@dataclass(frozen=True)
class Builds:
    """A shop on both, and the tables that Postgres has of it."""

    postgres: Warehouse
    spark: Spark
    tables: list[str]


@pytest.fixture(scope="module", params=["demo_shop", "cdnow"])
def builds(
    request: pytest.FixtureRequest,
    postgres: Path,
    shared_data: Callable[[str], Path],
    tmp_path_factory: pytest.TempPathFactory,
) -> Builds:
    """The demo shop from its seeds, and the sample of CDNOW's customers from its file."""
    source: str = request.param
    folder = tmp_path_factory.mktemp(source)
    warehouse = new_warehouse(postgres, f"{source}_on_both", folder)
    files = {"ops.churn_model_parameters": folder / "parameters.parquet"}
    if source == "cdnow":
        files["landing.cdnow__cdnow"] = shared_data("cdnow_sample") / "cdnow.parquet"
        warehouse.load("cdnow", shared_data("cdnow_sample"))

    warehouse.dbt("build", *NO_TESTS, sources=[source])
    with closing(psycopg2.connect(warehouse.url)) as connection:
        fit_for_the_week(connection)
    warehouse.dbt("build", *NO_TESTS, "--select", "int_churn_model_parameters+", sources=[source])
    with dbapi.connect(warehouse.url) as connection, connection.cursor() as cursor:
        cursor.execute("select * from ops.churn_model_parameters")
        parquet.write_table(cursor.fetch_arrow_table(), files["ops.churn_model_parameters"])

    spark = Spark(folder / "spark")
    paths = {table: str(path) for table, path in files.items()}
    spark.dbt("run-operation", "read_parquet", "--args", json.dumps({"files": paths}))
    said = spark.dbt("build", "--vars", json.dumps({"sources": [source]}))
    return Builds(warehouse, Spark(spark.folder, said), tables(warehouse))


def tables(warehouse: Warehouse) -> list[str]:
    query = """
        select table_schema || '.' || table_name as name
        from information_schema.tables
        where table_schema in ('shop', 'intermediate', 'marts') and table_type = 'BASE TABLE'
        order by 1
    """
    return [row["name"] for row in warehouse.rows(query) if row["name"] not in ONLY_ON_POSTGRES]


def compared(value: Any, column: str) -> Any:
    """A value as both would have it: no time zone on a UTC timestamp, no zeros after a decimal, no
    hyphens in a key.
    """
    if isinstance(value, Decimal):
        return value.normalize() + 0
    if isinstance(value, datetime):
        return value.replace(tzinfo=None)
    if column.endswith(("_key", "_key_a", "_key_b")) and value is not None:
        return value.replace("-", "")
    if column == "source_row" and value is not None:
        return json.loads(value)
    return value


def in_order(rows: list[Row]) -> list[Row]:
    """Rows in an order that is the same for both: first by what is no rounded number in them."""
    rows = [{column: compared(row[column], column) for column in sorted(row)} for row in rows]
    return sorted(
        rows,
        key=lambda row: (
            [str(v) for v in row.values() if not isinstance(v, float | Decimal)],
            [str(v) for v in row.values() if isinstance(v, Decimal)],
        ),
    )


def same(one: Any, other: Any, last_digits: float) -> bool:
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=CLOSE, abs_tol=CLOSE)
    if isinstance(one, Decimal) and isinstance(other, Decimal):
        return abs(one - other) <= last_digits
    return bool(one == other)


def differences(postgres: list[Row], spark: list[Row], last_digits: float = 0) -> list[str]:
    """What differs between two tables, a line a value."""
    if len(postgres) != len(spark):
        return [f"{len(postgres)} rows on Postgres, {len(spark)} on Spark"]
    return [
        f"{column}: {one[column]} on Postgres, {other.get(column)} on Spark"
        for one, other in zip(in_order(postgres), in_order(spark), strict=True)
        for column in one
        if not same(one[column], other.get(column), last_digits)
    ]


def test_every_table_has_the_same_rows(builds: Builds) -> None:
    different = {}
    for table in builds.tables:
        found = differences(
            builds.postgres.rows(f"select * from {table}"),
            builds.spark.rows(table),
            LAST_DIGITS.get(table, 0),
        )
        if found:
            different[table] = (len(found), found[:5])

    assert different == {}
    assert {
        "marts.rpt_shop_totals",
        "marts.customer_churn",
        "marts.monthly_cohorts",
        "marts.monthly_cohorts_by_segment",
    } <= set(builds.tables)


def test_every_data_test_passes(builds: Builds) -> None:
    tests = [line for line in builds.spark.said.splitlines() if " PASS " in line]

    assert len(tests) > 90
    assert "WARN=0 ERROR=0 SKIP=0" in builds.spark.said


@pytest.mark.parametrize("builds", ["cdnow"], indirect=True)
def test_the_figures_are_those_of_the_ground_truth(
    builds: Builds, shared_data: Callable[[str], Path]
) -> None:
    truth = json.loads(shared_data("ground_truth.json").read_text())["cdnow_sample"]

    [totals] = builds.spark.rows("marts.rpt_shop_totals")

    assert totals["orders"] == truth["base"]["orders_all"]
    assert totals["customers"] == truth["churn"]["customers"]
    assert totals["churned_customers"] == truth["churn"]["inactive_gt_90"]
    assert totals["repeat_customers"] == truth["churn"]["repeat_customers"]
