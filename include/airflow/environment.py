"""Airflow on this machine without Docker: its environment, its metadata, what dbt writes for it.

For `scripts/demo.py` and `scripts/standalone.py`; in Docker the Astro CLI does all of it.
"""

import json
import os
import subprocess
import sys
from contextlib import closing
from importlib.metadata import version
from pathlib import Path

import psycopg2

from include.errors import UserError
from include.paths import DBT_PROJECT, LOCAL, PROJECT
from include.settings import Settings
from include.warehouse import embedded
from include.warehouse.connection import Warehouse, find_warehouse

HOME = LOCAL / "airflow"
MIGRATED = HOME / "migrated"
"""Holds the version of Airflow that made or upgraded the tables."""
PLUGINS = PROJECT / "plugins"
TARGET = DBT_PROJECT / "target"
PATIENCE = {
    # An API server that is busy or starts anew is asked for minutes, not for seconds, before a task
    # is given up. A request that waits is better than one that is sent twice.
    "AIRFLOW__WORKERS__EXECUTION_API_TIMEOUT": "60",
    "AIRFLOW__WORKERS__EXECUTION_API_RETRIES": "15",
    "AIRFLOW__WORKERS__EXECUTION_API_RETRY_WAIT_MIN": "2",
    "AIRFLOW__WORKERS__EXECUTION_API_RETRY_WAIT_MAX": "30",
    # To read the DAG files, and to send the alerts of what was killed, on a machine that is busy.
    "AIRFLOW__CORE__DAGBAG_IMPORT_TIMEOUT": "120",
    "AIRFLOW__DAG_PROCESSOR__DAG_FILE_PROCESSOR_TIMEOUT": "300",
}
"""Settings of Airflow's for what is slow, or away for a while; the image has them, too."""
DOCS = {"ecommerce": {"dir": str(TARGET), "name": "dbt docs"}}
"""The pages of dbt's documentation that Cosmos adds to Airflow's menu."""


def variables(settings: Settings) -> dict[str, str]:
    """The variables of every Airflow and dbt process; the embedded Postgres is made to run.

    They hold passwords. The metadata live in the embedded Postgres also where the warehouse is a
    Postgres of the user's own.
    """
    warehouse = find_warehouse()
    warehouse.connect().close()
    metadata = embedded.start(port=settings.warehouse_port).removesuffix("/warehouse") + "/airflow"
    return {
        **PATIENCE,
        # as many processes wait for a task, and a task keeps a core busy
        "AIRFLOW__CORE__PARALLELISM": str((os.cpu_count() or 1) + 2),
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}",
        "PYTHONPATH": str(PROJECT),
        "PYTHONUNBUFFERED": "1",  # a log has all that was said before its process was killed
        "AIRFLOW_CONN_WAREHOUSE": warehouse.url,
        "SHOP_SOURCES": ",".join(settings.shop_sources),
        **({"SHOP_DATA": str(settings.shop_data)} if settings.shop_data else {}),
        "AIRFLOW_HOME": str(HOME),
        "AIRFLOW__API__HOST": "127.0.0.1",
        "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
        "AIRFLOW__CORE__DAGS_FOLDER": str(PROJECT / "dags"),
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(PLUGINS),
        # whoever reaches 127.0.0.1 of this machine is its user
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": metadata.replace("://", "+psycopg2://", 1),
        # a chain of short tasks waits this long between two of them; Airflow's own value is 1 s
        "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.5",
        # below /tmp two copies of the project would take each other's for their own
        "AIRFLOW__COSMOS__CACHE_DIR": str(LOCAL / "cosmos"),
        "AIRFLOW__COSMOS__DBT_DOCS_PROJECTS": json.dumps(DOCS),
        "AIRFLOW__COSMOS__ENABLE_TELEMETRY": "False",
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    }


def prepare(settings: Settings, env: dict[str, str], log: Path, *of_dbt: str) -> None:
    """Create or upgrade Airflow's tables, and run a command of dbt at the same time.

    `parse` writes dbt's manifest, which Airflow's DAG is made of; so does `docs generate`, which
    compiles every model, looks into the warehouse and takes seconds more.
    """
    steps = [dbt(settings, *of_dbt)] if of_dbt else []
    is_migrated = was_prepared() and MIGRATED.read_text() == version("apache-airflow")
    if not (is_migrated and _has_tables(env)):
        steps.append(["airflow", "db", "migrate"])
    HOME.mkdir(parents=True, exist_ok=True)
    # where dbt's profile looks
    env = env | Warehouse(env["AIRFLOW_CONN_WAREHOUSE"]).as_environment()
    with log.open("ab") as file:
        running = [
            subprocess.Popen(step, env=env, stdout=file, stderr=subprocess.STDOUT, cwd=PROJECT)
            for step in steps
        ]
        failed = [step for step, process in zip(steps, running, strict=True) if process.wait() != 0]
    if failed:
        raise UserError(f"`{' '.join(failed[0][:2])}` failed: see the end of {log}.")
    MIGRATED.write_text(version("apache-airflow"))


def was_prepared() -> bool:
    """Whether Airflow has been here before; the first to come writes its configuration."""
    return MIGRATED.exists()


def dbt(settings: Settings, *command: str) -> list[str]:
    """A command of dbt on the active sources; it needs the variables of the warehouse."""
    project = ["--project-dir", str(DBT_PROJECT), "--profiles-dir", str(DBT_PROJECT)]
    # named as Cosmos names them: what is parsed with one name of the same is not taken for another
    profile = ["--profile", "warehouse", "--target", "postgres"]
    return ["dbt", *command, *project, *profile, "--vars", json.dumps(settings.dbt_vars)]


def _has_tables(env: dict[str, str]) -> bool:
    """Whether the metadata database has Airflow's tables; it may have been deleted."""
    url = env["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"].replace("+psycopg2", "", 1)
    with closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
        cursor.execute("select to_regclass('public.alembic_version')")
        row = cursor.fetchone()
    return row is not None and row[0] is not None
