"""The weekly DAG run by Airflow a few times, in copies of the project.

A run takes the better part of a minute, so every run serves several tests.
"""

import json
import shutil
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

import psycopg2
import pytest

from include.settings import Settings
from include.warehouse import embedded
from include.warehouse.turn import take_turn
from tests.support import fake_hubspot, fake_pipedrive
from tests.support.fake_telegram import CHAT, TOKEN, WRONG_TOKEN, Delivered, fake_telegram
from tests.support.pgbouncer import pooled
from tests.support.project_copy import copy_project, environment, run
from tests.support.tls_front import tls_front
from tests.support.warehouses import Warehouse, new_warehouse

MONDAY = "2026-11-09"

CDNOW = """\
customer_id,order_date,cds,amount
1,1997-01-06,1,10.00
1,1997-05-06,2,20.00
2,1997-05-08,1,12.50
"""
# What `make up` does first; prints the variables that Airflow is then run with.
PREPARE = """\
import json
from include.airflow import environment
from include.settings import load_settings
from include.paths import LOCAL
settings = load_settings()
env = environment.variables(settings)
environment.prepare(settings, env, LOCAL / "prepare.log", "parse")
print(json.dumps(env))
"""


@dataclass(frozen=True)
class Run:
    """A run that has ended, and what it left behind."""

    returncode: int
    stdout: str
    stderr: str
    project: Path
    warehouse: Warehouse
    delivered: list[Delivered]
    metadata: str
    """URL of Airflow's own database."""

    @property
    def alert(self) -> str:
        """The alert in `out/`."""
        return (self.project / "out" / "alert.txt").read_text(encoding="utf-8")

    def everything_said(self) -> str:
        """Its output, and every text file that it wrote."""
        written = [
            path.read_text(encoding="utf-8", errors="replace")
            for folder in (".local", "out", "dbt_ecommerce/logs")
            for path in (self.project / folder).rglob("*")
            if path.is_file()
        ]
        return "\n".join([self.stdout, self.stderr, *written])

    def everything_noted(self) -> str:
        """What Airflow notes: XComs, rendered templates, variables, the DAG, what happened."""
        tables = ("xcom", "rendered_task_instance_fields", "variable", "serialized_dag", "log")
        with closing(psycopg2.connect(self.metadata)) as connection:
            cursor = connection.cursor()
            rows: list[str] = []
            for table in tables:
                cursor.execute(f"select noted::text from {table} as noted")
                rows += (text for (text,) in cursor.fetchall())
        return "\n".join(rows)


@dataclass(frozen=True)
class Place:
    """A copy of the project, and an empty warehouse."""

    project: Path
    warehouse: Warehouse
    metadata: str
    """URL of Airflow's own database."""
    airflow: dict[str, str]
    """The variables of an Airflow that is ready; `make demo` makes its own ready."""

    def demo(self, *options: str, **more: str) -> Run:
        """`make demo` where the developer has a warehouse of their own."""
        command = [sys.executable, "scripts/demo.py", *options]
        told = {"AIRFLOW_CONN_WAREHOUSE": self.warehouse.url} | more
        return self._run(command, environment(self.project, **told))

    def dags_test(self, *options: str, dag_id: str = "ecommerce_churn", **more: str) -> Run:
        """`airflow dags test`, with the variables that `make demo` and `make up` give it."""
        command = ["airflow", "dags", "test", dag_id, *options]
        return self._run(command, self.airflow | more)

    def _run(self, command: list[str], env: dict[str, str]) -> Run:
        done = run(command, self.project, env)
        said = (done.returncode, done.stdout, done.stderr)
        return Run(*said, self.project, self.warehouse, [], self.metadata)


def telegram(token: str) -> str:
    """The connection telegram as JSON."""
    return json.dumps({"conn_type": "telegram", "password": token, "host": CHAT})


def with_telegram(start: Callable[[str], Run]) -> Run:
    """A run that finds Telegram at the address it is given."""
    with fake_telegram(TOKEN, CHAT) as server:
        done = start(server.url)
        return Run(**{**vars(done), "delivered": list(server.delivered)})


# --- the runs


def sent(place: Place) -> Run:
    """A small demo shop's report of an earlier week, in Portuguese, from a Postgres with a CA."""
    return _small_demo(place, place.warehouse.url)


def _small_demo(place: Place, url: str, **more: str) -> Run:
    keys = place.project / "a CA's keys"
    keys.mkdir()
    with tls_front(url, keys) as encrypted:
        return with_telegram(
            lambda telegram_url: place.demo(
                "--as-of",
                MONDAY,
                DEMO_CUSTOMERS="60",
                REPORT_LANG="pt_BR",
                AIRFLOW_CONN_WAREHOUSE=encrypted,
                AIRFLOW_CONN_TELEGRAM=telegram(TOKEN),
                TELEGRAM_API_URL=telegram_url,
                **more,
            )
        )


def managed(place: Place) -> Run:
    """The same from a Postgres as it is rented: a pooler, a user of few rights, other settings."""
    schemas = ("landing", "landing_staging", "staging", "shop", "intermediate", "marts", "ops")
    place.warehouse.execute(
        f"""
        create role rented login password 'rented';
        alter role rented set timezone = 'Asia/Tokyo';
        alter role rented set datestyle = 'SQL, DMY';
        alter role rented set client_encoding = 'LATIN1';
        alter role rented set search_path = 'elsewhere';
        alter role rented set idle_in_transaction_session_timeout = '2s';
        {" ".join(f"create schema {name} authorization rented;" for name in schemas)}
        """
    )
    to = urlsplit(place.warehouse.url)
    rented = f"postgresql://rented:rented@{to.hostname}:{to.port}{to.path}"
    with pooled(rented, 8) as url:
        return _small_demo(place, url)


def two_weeks(place: Place) -> Run:
    """The runs of two Mondays, the second of which begins while the first one builds."""
    files = str(cdnow_files(place))

    def week(url: str, monday: str) -> Run:
        return place.dags_test(
            f"{monday}T11:00:00+00:00",
            SHOP_SOURCES="cdnow",
            SHOP_DATA=files,
            AIRFLOW_CONN_TELEGRAM=telegram(TOKEN),
            TELEGRAM_API_URL=url,
        )

    def both(url: str) -> Run:
        with ThreadPoolExecutor() as pool:
            running = pool.submit(week, url, MONDAY)
            turn = "select to_regclass('ops.build_turn') is not null as is_taken"
            while not place.warehouse.rows(turn)[0]["is_taken"]:
                assert not running.done(), running.result().stderr
                time.sleep(0.1)
            second, first = week(url, "2026-11-16"), running.result()
        return Run(
            **{
                **vars(first),
                "returncode": first.returncode or second.returncode,
                "stdout": first.stdout + second.stdout,
                "stderr": first.stderr + second.stderr,
            }
        )

    return with_telegram(both)


def shared(place: Place) -> Run:
    """The shop of `sent` in a database in which two others build CDNOW's files, one without prefix.

    That one has a table of an earlier version left, and the turn to build when the others come.
    """
    files = cdnow_files(place)
    command = ("--source", "cdnow", "--data", str(files))
    developer = place.demo(*command)
    place.warehouse.execute("create table shop.int_changed_orders (change_number integer)")
    assert take_turn(place.warehouse, "a developer", timedelta(hours=1)) is None
    (files / "cdnow.csv").write_text(CDNOW + "3,1997-05-08,1,7.50\n")
    # nothing but the prefix is new to what dbt has parsed
    south = place.demo(*command, SCHEMA_PREFIX="south_")
    north = _small_demo(place, place.warehouse.url, SCHEMA_PREFIX="north_")
    everybody = (developer, north, south)
    return Run(
        **{
            **vars(north),
            "returncode": max(one.returncode for one in everybody),
            "stdout": "\n".join(one.stdout for one in everybody),
            "stderr": "\n".join(one.stderr for one in everybody),
        }
    )


def bad_file(place: Place) -> Run:
    """A file without a column, and nobody to alert."""
    folder = cdnow_files(place)
    (folder / "cdnow.csv").write_text(CDNOW.replace("customer_id", "customer"))
    return place.demo("--source", "cdnow", "--data", str(folder))


def failing_test(place: Place) -> Run:
    """The run of a Monday at eight, where a data test of the owner's own fails."""
    tests = place.project / "dbt_ecommerce" / "tests"
    (tests / "assert_that_fails.sql").write_text("select 1 as reason\n")
    return with_telegram(
        lambda url: place.dags_test(
            f"{MONDAY}T11:00:00+00:00",
            SHOP_SOURCES="cdnow",
            SHOP_DATA=str(cdnow_files(place)),
            AIRFLOW_CONN_TELEGRAM=telegram(TOKEN),
            TELEGRAM_API_URL=url,
        )
    )


def wrong_token(place: Place) -> Run:
    """A run over a model that fails the first time, to a report and a token not known."""
    project = place.project / "dbt_ecommerce"
    models = project / "models" / "marts" / "churn"
    (models / "fails_once.sql").write_text("select 1 / (nextval('public.tries') - 1) as tries\n")
    (models / "after_it.sql").write_text("select tries from {{ ref('fails_once') }}\n")
    with closing(psycopg2.connect(place.warehouse.url)) as connection:
        connection.autocommit = True
        connection.cursor().execute("create sequence public.tries")
    dbt = ["dbt", "parse", "--project-dir", str(project), "--profiles-dir", str(project)]
    told = json.dumps(Settings(shop_sources=["cdnow"]).dbt_vars)
    parsed = run([*dbt, "--vars", told], place.project, place.airflow)
    assert parsed.returncode == 0, parsed.stdout
    return with_telegram(
        lambda url: place.dags_test(
            "--conf",
            json.dumps({"as_of_date": "latest"}),
            SHOP_SOURCES="cdnow",
            SHOP_DATA=str(cdnow_files(place)),
            AIRFLOW_CONN_TELEGRAM=telegram(WRONG_TOKEN),
            TELEGRAM_API_URL=url,
        )
    )


def crm(place: Place) -> Run:
    """A night's sync of two CRMs, one of which does not know the token any more."""
    with fake_pipedrive.fake_pipedrive() as pipedrive, fake_hubspot.fake_hubspot() as hubspot:
        fake_pipedrive.fill(pipedrive, 60)
        connections = {
            "AIRFLOW_CONN_PIPEDRIVE": {"host": pipedrive.url, "password": pipedrive.token},
            "AIRFLOW_CONN_HUBSPOT": {"host": hubspot.url, "password": WRONG_TOKEN},
        }
        return place.dags_test(
            dag_id="sync_sources",
            SHOP_SOURCES="hubspot,pipedrive",
            **{
                name: json.dumps({"conn_type": "http", **connection})
                for name, connection in connections.items()
            },
        )


def cdnow_files(place: Place) -> Path:
    """A folder with a small shop's file."""
    folder = place.project / "files"
    folder.mkdir()
    (folder / "cdnow.csv").write_text(CDNOW)
    return folder


RUNS = {
    one.__name__: one
    for one in (sent, bad_file, failing_test, wrong_token, crm, managed, shared, two_weeks)
}
DEMOS = ("sent", "bad_file", "managed", "shared")
"""Those of `make demo`, which makes Airflow and its database ready by itself."""


@pytest.fixture(scope="session")
def runs(postgres: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Run]:
    """A run that has ended, by the name of its function above; who asks first waits for it."""
    folder = tmp_path_factory.mktemp("runs")

    def copied(name: str) -> Path:
        project = copy_project(folder / name)
        (project / ".local").mkdir()
        (project / ".local" / "postgres").symlink_to(postgres)
        return project

    @cache
    def prepared() -> tuple[Path, dict[str, str]]:
        template = copied("template")
        env = environment(template, SHOP_SOURCES="cdnow")
        done = run([sys.executable, "-c", PREPARE], template, env)
        assert done.returncode == 0, done.stderr
        return template, json.loads(done.stdout)

    def ready(name: str, warehouse: Warehouse) -> Place:
        template, env = prepared()
        project = Path(shutil.copytree(template, folder / name, symlinks=True))
        metadata = new_warehouse(postgres, f"airflow_{name}", folder, template="airflow").url
        airflow = {key: value.replace(str(template), str(project)) for key, value in env.items()}
        airflow["AIRFLOW_CONN_WAREHOUSE"] = warehouse.url
        airflow["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"] = metadata.replace("://", "+psycopg2://", 1)
        return Place(project, warehouse, metadata, airflow)

    @cache
    def ended(name: str) -> Run:
        warehouse = new_warehouse(postgres, f"weekly_{name}", folder)
        if name in DEMOS:
            place = Place(copied(name), warehouse, embedded.url("airflow", postgres), {})
        else:
            place = ready(name, warehouse)
        return RUNS[name](place)

    return ended
