"""The models on Spark give, row by row, what they give on Postgres: `make nightly`, minutes.

Each shop is built on both, with its data tests, and every table is compared.
"""

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from pyarrow import parquet

from include.paths import DBT_PROJECT, PROJECT
from tests.support.project_copy import environment, run
from tests.support.two_databases import OnPostgres, differences, on_postgres
from tests.support.warehouses import Row

pytest.importorskip("pyspark", reason="Spark is not installed: `uv sync --group spark`")

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
    """A shop on both."""

    postgres: OnPostgres
    spark: Spark


@pytest.fixture(scope="module", params=["demo_shop", "cdnow"])
def builds(
    request: pytest.FixtureRequest,
    postgres: Path,
    shared_data: Callable[[str], Path],
    tmp_path_factory: pytest.TempPathFactory,
) -> Builds:
    folder = tmp_path_factory.mktemp("spark")
    shop = on_postgres(postgres, request.param, shared_data, folder)
    spark = Spark(folder / "spark")
    spark.dbt("run-operation", "read_parquet", "--args", json.dumps({"files": shop.files}))
    said = spark.dbt("build", "--vars", json.dumps({"sources": shop.sources}))
    return Builds(shop, Spark(spark.folder, said))


def test_every_table_has_the_same_rows(builds: Builds) -> None:
    assert differences(builds.postgres, builds.spark.rows, LAST_DIGITS) == {}
    assert {
        "marts.rpt_shop_totals",
        "marts.customer_churn",
        "marts.monthly_cohorts",
        "marts.monthly_cohorts_by_segment",
    } <= set(builds.postgres.tables)


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
