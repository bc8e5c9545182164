"""Airflow on this machine without Docker: its environment, its metadata, what dbt writes for it.

For `scripts/demo.py` and `scripts/standalone.py`; in Docker the Astro CLI does all of it.
"""

import json
import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import yaml

from include.errors import UserError
from include.settings import DBT_PROJECT, LOCAL, PROJECT, Settings
from include.warehouse import embedded
from include.warehouse.connection import as_environment, connect, warehouse_url

HOME = LOCAL / "airflow"
MIGRATED = HOME / "migrated"
"""Holds the version of Airflow that made or upgraded the tables."""
TARGET = DBT_PROJECT / "target"
DOCS = {"ecommerce": {"dir": str(TARGET), "name": "dbt docs"}}
"""The pages of dbt's documentation that Cosmos adds to Airflow's menu."""


def environment(settings: Settings) -> dict[str, str]:
    """The variables of every Airflow and dbt process; the embedded Postgres is made to run.

    They hold passwords. The metadata live in the embedded Postgres also where the warehouse is a
    Postgres of the user's own.
    """
    warehouse = warehouse_url()
    connect(warehouse).close()
    metadata = embedded.start(port=settings.warehouse_port).removesuffix("/warehouse") + "/airflow"
    return {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}",
        "PYTHONPATH": str(PROJECT),
        "PYTHONUNBUFFERED": "1",  # progress is read from the log as it is written
        "AIRFLOW_CONN_WAREHOUSE": warehouse,
        "SHOP_SOURCES": ",".join(settings.shop_sources),
        **({"SHOP_DATA": str(settings.shop_data)} if settings.shop_data else {}),
        "AIRFLOW_HOME": str(HOME),
        "AIRFLOW__API__HOST": "127.0.0.1",
        "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
        "AIRFLOW__CORE__DAGS_FOLDER": str(PROJECT / "dags"),
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
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


def prepare(settings: Settings, env: dict[str, str], log: Path, *, with_docs: bool = False) -> None:
    """Create or upgrade Airflow's tables and write dbt's manifest, both at once.

    With docs dbt compiles every model and looks into the warehouse, which takes seconds more.
    """
    steps = [dbt(settings, "docs", "generate") if with_docs else dbt(settings, "parse")]
    is_migrated = was_prepared() and MIGRATED.read_text() == version("apache-airflow")
    if not (is_migrated and _has_tables(env)):
        steps.append(["airflow", "db", "migrate"])
    HOME.mkdir(parents=True, exist_ok=True)
    env = env | as_environment(env["AIRFLOW_CONN_WAREHOUSE"])  # where dbt's profile looks
    with log.open("ab") as file:
        running = [
            subprocess.Popen(step, env=env, stdout=file, stderr=subprocess.STDOUT, cwd=PROJECT)
            for step in steps
        ]
        failed = [step for step, process in zip(steps, running, strict=True) if process.wait() != 0]
    if failed:
        raise UserError(f"`{' '.join(failed[0][:2])}` failed: see the end of {log}.")
    MIGRATED.write_text(version("apache-airflow"))


def make_pools(env: dict[str, str], log: Path) -> None:
    """Make the pools of airflow_settings.yaml, which only the Astro CLI reads by itself."""
    declared = yaml.safe_load((PROJECT / "airflow_settings.yaml").read_text())["airflow"]["pools"]
    with log.open("ab") as file:
        for pool in declared:
            name, slots = pool["pool_name"], str(pool["pool_slot"])
            subprocess.run(
                ["airflow", "pools", "set", name, slots, pool["pool_description"]],
                env=env,
                stdout=file,
                stderr=subprocess.STDOUT,
                cwd=PROJECT,
                check=True,
            )


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
    with connect(url) as connection, connection.cursor() as cursor:
        cursor.execute("select to_regclass('public.alembic_version')")
        row = cursor.fetchone()
    connection.close()
    return row is not None and row[0] is not None
