"""The models on DuckDB give, row by row, what they give on Postgres: `make nightly`.

Each shop is built on both, with its data tests, and every table is compared.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from include.paths import DBT_PROJECT, PROJECT
from tests.support.project_copy import environment, run
from tests.support.two_databases import OnPostgres, differences, on_postgres
from tests.support.warehouses import Row

pytest.importorskip(
    "dbt.adapters.duckdb", reason="dbt-duckdb is not installed: `uv sync --group duckdb`"
)

LAST_DIGITS: dict[str, float] = {}

pytestmark = [
    pytest.mark.nightly,
    pytest.mark.timeout(1800),  # the first test of a shop waits for its builds
]


@dataclass(frozen=True)
class DuckDB:
    """A warehouse of DuckDB's in a folder, with what dbt prints of its build."""

    folder: Path
    said: str = ""

    @property
    def file(self) -> Path:
        return self.folder / "warehouse.duckdb"

    def dbt(self, command: str, *options: str) -> str:
        """Run dbt; its output, or AssertionError with it where a model or a test failed."""
        done = run(
            ["dbt", "--no-use-colors", command, *options, "--target", "duckdb"],
            DBT_PROJECT,
            environment(
                PROJECT,
                DUCKDB_FILE=str(self.file),
                DBT_PROFILES_DIR=str(DBT_PROJECT),
                DBT_TARGET_PATH=str(self.folder / "target"),
                DBT_LOG_PATH=str(self.folder / "logs"),
            ),
        )
        assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-5000:]
        return done.stdout

    def rows(self, table: str) -> list[Row]:
        """The rows of a table."""
        import duckdb

        with duckdb.connect(str(self.file), read_only=True) as connection:
            found = connection.execute(f"select * from {table}")
            names = [column[0] for column in found.description]
            return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


@dataclass(frozen=True)
class Builds:
    """A shop on both."""

    postgres: OnPostgres
    duckdb: DuckDB


@pytest.fixture(scope="module", params=["demo_shop", "cdnow", "shop_systems"])
def builds(
    request: pytest.FixtureRequest,
    postgres: Path,
    shared_data: Callable[[str], Path],
    tmp_path_factory: pytest.TempPathFactory,
) -> Builds:
    folder = tmp_path_factory.mktemp("duckdb")
    shop = on_postgres(postgres, request.param, shared_data, folder)
    (folder / "other").mkdir()
    duckdb = DuckDB(folder / "other")
    duckdb.dbt("run-operation", "read_parquet", "--args", json.dumps({"files": shop.files}))
    said = duckdb.dbt("build", "--vars", json.dumps({"sources": shop.sources}))
    return Builds(shop, DuckDB(duckdb.folder, said))


def test_every_table_has_the_same_rows(builds: Builds) -> None:
    assert differences(builds.postgres, builds.duckdb.rows, LAST_DIGITS) == {}
    assert {
        "marts.rpt_shop_totals",
        "marts.customer_churn",
        "marts.monthly_cohorts",
        "marts.monthly_cohorts_by_segment",
    } <= set(builds.postgres.tables)


def test_every_data_test_passes(builds: Builds) -> None:
    tests = [line for line in builds.duckdb.said.splitlines() if " PASS " in line]

    assert len(tests) > 90
    assert "ERROR=0 SKIP=0" in builds.duckdb.said
    # of the shop systems Shopify's numbers have gaps, as its file and its API are of two shops
    warned = 1 if "shopify" in builds.postgres.sources else 0
    assert f"WARN={warned} " in builds.duckdb.said
