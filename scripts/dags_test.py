"""`airflow dags test` for `make demo`, which is told when it is ready (`include/run_events.py`).

The run itself begins with the first line on stdin, and does not where stdin ends. The command of
that name would read all DAG files once more before, which takes a second, and parse the dbt project
for each command of dbt.
"""

import gc
import json
import os
import runpy
import sys
from contextlib import suppress
from importlib import import_module

from include import run_events
from include.airflow import environment
from include.dbt.parsed import parse_for_all
from include.paths import PROJECT
from include.settings import load_settings
from include.warehouse.connection import Warehouse

TASKS = (
    "dbt.cli.main",
    "include.demo_shop.files",
    "include.churn_model.store",
    "include.report.chart",
    "include.report.publish",
)
"""What the tasks import, the longest first: most of a second each, and dbt two and a half."""


def warm_up() -> None:
    """Do what the tasks would do otherwise, so whatever a new release moves may be missing.

    The API of Airflow's own process takes four seconds to learn to answer.
    """
    with suppress(Exception):
        import cosmos.operators.local  # noqa: F401
        import httpx
        from airflow.sdk.execution_time.supervisor import in_process_api_server

        api = in_process_api_server()
        httpx.Client(transport=api.transport, base_url="http://in-process").get("/health")
        for name in TASKS:
            import_module(name)


def dags_test(dag_id: str, conf: str) -> bool:
    """Run the DAG of the file of its name; whether it succeeded."""
    from airflow.sdk import DagRunState

    dag = runpy.run_path(str(PROJECT / "dags" / f"{dag_id}.py"))["dag"]
    return bool(dag.test(run_conf=json.loads(conf)).state == DagRunState.SUCCESS)


if __name__ == "__main__":
    # to look for cycles takes a fifth of the time, and frees 50 MB shortly before the process ends
    gc.disable()
    warm_up()
    parse_for_all(
        environment.dbt(load_settings(), "parse"),
        Warehouse(os.environ["AIRFLOW_CONN_WAREHOUSE"]).as_environment(),
    )
    run_events.tell("ready")
    if sys.stdin.readline():
        succeeded = dags_test(*sys.argv[1:])
        gc.freeze()  # nor when the process ends, where Python does so in any case
        sys.exit(not succeeded)
