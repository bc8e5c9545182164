"""A million orders, from files to the report, on an embedded Postgres of their own.

Demo shops of 20,000 and 200,000 customers (100,000 and a million orders) go the way of the weekly
run: Parquet files → `landing` → dbt with all its data tests, the churn model fitted in between →
the report, printed. Then the larger shop again, a week later. Writing the files does not count;
the memory is that of the server and of all programs of the run together.

The larger shop goes that way by turns with the version of this project that is named BEFORE, from
the same clone's history and in the same environment, each on the Postgres that its version starts:
machines differ by a factor of two.
"""

import json
import os
import sys
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path
from statistics import median

import psutil

from benchmarks.measure import Figure, finish, peak_memory, postgres, run, scratch
from include.dbt.selectors import FACTS
from include.paths import DBT_PROJECT, PROJECT
from include.settings import DEMO_SHOP
from include.shop_data import DEMO_AS_OF
from include.warehouse.connection import Warehouse

CUSTOMERS, A_TENTH = 200_000, 20_000
FIT = """
from contextlib import closing
from include.churn_model.store import fit_for_the_week
from include.warehouse.connection import find_warehouse

with closing(find_warehouse().connect()) as connection:
    fit_for_the_week(connection)
"""
NEXT_WEEK = DEMO_AS_OF + timedelta(days=7)
BEFORE = "ec10146"
TURNS = 2
WEEKLY_RUN = """
import sys
from datetime import date
from pathlib import Path

from benchmarks.million import weekly_run

url, customers, as_of, folder = sys.argv[1:]
weekly_run(url, int(customers), date.fromisoformat(as_of), Path(folder))
"""
LOOK_EVERY = 1.0  # seconds between two looks at the memory, which take time themselves


def main() -> None:
    """The tenth from nothing; the whole and its next week, by turns with the version before."""
    took: dict[tuple[str, str], list[float]] = {}
    with scratch() as folder:
        sides = {"ours": PROJECT, "before": version_before(folder / "project")}
        for side in sides:
            (folder / side).mkdir()
        with postgres() as url:
            small = weekly_run(url, A_TENTH, DEMO_AS_OF, folder / "ours")
        for side in [*sides] * TURNS:
            with postgres(sides[side]) as url:
                with peak_memory(os.getpid(), server(url), every=LOOK_EVERY) as peak:
                    whole = weekly_run_of(sides[side], url, DEMO_AS_OF, folder / side)
                later = weekly_run_of(sides[side], url, NEXT_WEEK, folder / side)
                took.setdefault((side, "whole"), []).append(whole)
                took.setdefault((side, "later"), []).append(later)
                if side == "ours":
                    peak_mb = peak() / 2**20
                    [orders] = query(url, "select count(*) from marts.fct_orders")
    whole, before = median(took["ours", "whole"]), median(took["before", "whole"])
    later, later_before = median(took["ours", "later"]), median(took["before", "later"])
    finish(
        "million",
        f"{orders:,} orders, from files to the report (peer: {BEFORE}, a tenth, the week before)",
        [
            Figure("million_seconds", whole, whole),
            Figure("million_vs_before", whole / before, whole, before),
            Figure("next_week_vs_before", later / later_before, later, later_before),
            Figure("million_peak_mb", peak_mb, peak_mb, unit="MB"),
            Figure("growth_ratio", whole / small, whole, small),
            Figure("next_week_ratio", later / whole, later, whole),
        ],
    )


def version_before(folder: Path, version: str = BEFORE) -> Path:
    """That version of the project, taken out of this clone's history."""
    run(["git", "clone", "--quiet", "--shared", "--no-checkout", PROJECT, folder])
    run(["git", "checkout", "--quiet", version], cwd=folder)
    return folder


def weekly_run_of(project: Path, url: str, as_of: date, folder: Path) -> float:
    """The weekly run of the larger shop, by a version's own benchmark; its seconds."""
    command: list[str | Path] = [sys.executable, "-c", WEEKLY_RUN, url, str(CUSTOMERS)]
    command += [str(as_of), folder]
    said = run(command, cwd=project, env={"PYTHONPATH": str(project)}, with_memory=False).output
    print(said, end="", flush=True)
    return float(said.rpartition(": ")[2].split(" s (")[0])


def weekly_run(url: str, customers: int, as_of: date, folder: Path) -> float:
    """Everything that the weekly DAG does for a demo shop; its seconds, but for writing files."""
    files = shop_files(customers, as_of, folder)
    print(f"  {customers:,} customers as of {as_of}", end="")
    return steps_of_a_week(url, DEMO_SHOP, files, as_of, folder)


def shop_files(customers: int, as_of: date, folder: Path) -> Path:
    """The folder of a demo shop's files, which are written."""
    files = folder / f"{customers}-{as_of}"
    run([
        *(sys.executable, "scripts/generate_seeds.py", "--format", "parquet"),
        *("--customers", str(customers), "--as-of", str(as_of)),
        *("--out", files, "--truth", folder / "truth.csv"),
    ])  # fmt: skip
    return files


def steps_of_a_week(url: str, source: str, files: Path, as_of: date, folder: Path) -> float:
    """Everything that the weekly DAG does, by the commands one would type; its seconds."""
    env = Warehouse(url).as_environment() | {
        "AIRFLOW_CONN_WAREHOUSE": url,
        "AS_OF_DATE": str(as_of),
        "DBT_TARGET_PATH": str(folder / "target"),
        "SHOP_SOURCES": source,
    }
    dbt: list[str | Path] = [Path(sys.executable).with_name("dbt"), "--quiet"]
    project: list[str | Path] = ["--project-dir", DBT_PROJECT, "--profiles-dir", DBT_PROJECT]
    project += ["--vars", json.dumps({"sources": [source]})]
    # the seeds of the demo shop are the files; tests of both halves are the second's
    build = [*dbt, "build", *project, "--exclude-resource-type", "seed", "unit_test"]
    run([*dbt, "seed", *project, "--select", "holidays_of_brazil"], env=env)
    steps: dict[str, list[str | Path]] = {
        "load": [sys.executable, "scripts/load_files.py", "--source", source, "--data", files],
        "facts": [*build, "--indirect-selection=cautious", "--select", *FACTS],
        "fit": [sys.executable, "-c", FIT],
        "marts": [*build, "--exclude", *FACTS],
        "report": [sys.executable, "scripts/send_report.py"],
    }
    took = {
        name: run(command, env=env, with_memory=False).seconds for name, command in steps.items()
    }
    parts = ", ".join(f"{name} {seconds:.1f}" for name, seconds in took.items())
    print(f"  {source}: {sum(took.values()):.1f} s ({parts})")
    return sum(took.values())


def server(url: str) -> int:
    """Process id of the server's main process."""
    with closing(Warehouse(url).connect()) as connection:
        # whose process is there until it is closed
        return psutil.Process(connection.get_backend_pid()).ppid()


def query(url: str, sql: str) -> tuple[int]:
    """The one row of a query."""
    with closing(Warehouse(url).connect()) as connection, connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchone() or (0,)


if __name__ == "__main__":
    main()
