"""The weekly DAG against a bare `dbt build` of the same project, and against Cosmos' mode LOCAL.

Ours is the DAG run of a warm `make demo`, from start to end in Airflow's own books: the shop
generated, everything built and tested, the model fitted, the report written. The bare build has the
data tests too and leaves out the unit tests, as the DAG does. LOCAL, a dbt command a task, runs the
same project with its tests in one task, and nothing beside dbt. The warehouse is the embedded one,
which holds the demo shop afterwards.
"""

import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import psycopg2

from benchmarks.measure import Figure, by_turns, finish, run, scratch
from include.airflow import environment
from include.paths import DBT_PROJECT, PROJECT
from include.settings import load_settings
from include.shop_data import DEMO_AS_OF
from include.warehouse import embedded
from include.warehouse.connection import find_warehouse

RUNS = 3
DEMO = [sys.executable, "scripts/demo.py"]
DAG_FILE = PROJECT / "dags" / "ecommerce_churn.py"
# As the DAG processor reads a file: in a process that has imported Airflow and nothing of the file.
PARSE = f"""
import time
from airflow.dag_processing.dagbag import DagBag
began = time.perf_counter()
bag = DagBag({str(DAG_FILE)!r})
print()
print(time.perf_counter() - began)
assert not bag.import_errors and len(bag.dags) == 1, bag.import_errors
"""
LOCAL_DAG = f"""
from datetime import datetime
from airflow.sdk import DAG
from cosmos import (
    DbtTaskGroup, ExecutionConfig, ProfileConfig, ProjectConfig, RenderConfig, TestBehavior
)
from cosmos.profiles import PostgresUserPasswordProfileMapping

with DAG("local_mode", start_date=datetime(2026, 1, 5), schedule=None):
    DbtTaskGroup(
        group_id="dbt",
        project_config=ProjectConfig(
            dbt_project_path={str(DBT_PROJECT)!r},
            manifest_path={str(DBT_PROJECT / "target" / "manifest.json")!r},
        ),
        profile_config=ProfileConfig(
            profile_name="warehouse",
            target_name="postgres",
            profile_mapping=PostgresUserPasswordProfileMapping(
                conn_id="warehouse", profile_args={{"schema": "marts", "threads": 4}}
            ),
        ),
        execution_config=ExecutionConfig(),
        render_config=RenderConfig(test_behavior=TestBehavior.AFTER_ALL, emit_datasets=False),
        operator_args={{
            "vars": {{"sources": ["demo_shop"]}},
            "install_deps": False,
            "env": {{
                "AS_OF_DATE": "{DEMO_AS_OF}", "DBT_EXCLUDE_RESOURCE_TYPES": "unit_test",
                # its nodes are a process each, which do not take turns
                "BUILD_TURN": "airflow",
            }},
        }},
    )
"""


def main() -> None:
    """Warm up, measure by turns, then LOCAL once."""
    if embedded.status() is not None:  # of `make up`, or of a query that somebody looks at
        raise SystemExit("The embedded Postgres is in use: stop it with `make down` first.")
    demos: list[float] = []
    try:
        for _ in range(2):  # the first may have to prepare everything
            run(DEMO)
        embedded.start()
        bare_build()
        env = environment.variables(load_settings())
        times = by_turns(RUNS, dag=lambda: demo(demos), dbt_build=bare_build, parse=parse(env))
        embedded.start()
        with scratch() as folder:
            local = local_mode(folder, env)
    finally:
        embedded.stop()
    bare, warm = times["dbt_build"], sorted(demos)[len(demos) // 2]
    finish(
        "dag",
        "The weekly DAG run, and a bare `dbt build` of its project",
        [
            Figure("dag_vs_dbt_build", times["dag"] / bare, times["dag"], bare),
            Figure("Cosmos LOCAL vs dbt_build", local / bare, local, bare),
            Figure("dag_parse_seconds", times["parse"], times["parse"]),
            Figure("demo_warm_seconds", warm, warm),
        ],
    )


def demo(demos: list[float]) -> float:
    """`make demo`, from no Postgres to none: the seconds of its DAG run; its own go to `demos`."""
    embedded.stop()
    demos.append(run(DEMO, with_memory=False).seconds)
    embedded.start()
    return last_run("ecommerce_churn")


def last_run(dag_id: str) -> float:
    """How long the last run of a DAG took."""
    with (
        closing(psycopg2.connect(embedded.url("airflow"))) as connection,
        connection.cursor() as cursor,
    ):
        cursor.execute(
            "select state, extract(epoch from end_date - start_date) from dag_run"
            " where dag_id = %s order by id desc limit 1",
            [dag_id],
        )
        state, took = cursor.fetchone() or (None, 0)
    if state != "success":
        raise SystemExit(f"The run of {dag_id} ended as {state}.")
    return float(took)


def bare_build() -> float:
    """`dbt build` with the same seeds, date and variables."""
    env = {
        **find_warehouse().as_environment(),
        "AS_OF_DATE": str(DEMO_AS_OF),
        "DBT_EXCLUDE_RESOURCE_TYPES": "unit_test",
    }
    command = environment.dbt(load_settings(), "build")
    program = str(Path(sys.executable).with_name(command[0]))
    return run([program, *command[1:]], env=env, with_memory=False).seconds


def parse(env: dict[str, str]) -> Callable[[], float]:
    """A call that has the DAG file read in a new process: the seconds of that."""

    def read() -> float:
        return float(run([sys.executable, "-c", PARSE], env=env).output.split()[-1])

    return read


def local_mode(folder: Path, env: dict[str, str]) -> float:
    """Run the project in Cosmos' mode LOCAL; it takes minutes."""
    (folder / "local_mode.py").write_text(LOCAL_DAG)
    env = env | {
        "AIRFLOW__CORE__DAGS_FOLDER": str(folder),
        "AIRFLOW_CONN_WAREHOUSE": find_warehouse().url,
    }
    airflow = Path(sys.executable).with_name("airflow")
    run([airflow, "dags", "test", "local_mode"], env=env, with_memory=False)
    return last_run("local_mode")


if __name__ == "__main__":
    main()
