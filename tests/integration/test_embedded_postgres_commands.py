"""scripts/warehouse.py as people call it, in a checkout of its own."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg2
import pytest

from include.paths import PROJECT
from include.warehouse import embedded
from include.warehouse.connection import Warehouse
from scripts.warehouse import app
from tests.support.scripts import call

HEAVY = ("pandas", "numpy", "airflow", "pyarrow", "pydantic", "sqlalchemy")


class Checkout:
    """A copy of what scripts/warehouse.py needs of the project; its `.local` is its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        shutil.copytree(PROJECT / "include", folder / "include")
        for file in ("scripts/warehouse.py", "dbt_ecommerce/dbt_project.yml"):
            (folder / file).parent.mkdir()
            shutil.copy(PROJECT / file, folder / file)

    def run(self, command: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "scripts/warehouse.py", command],
            check=False,
            capture_output=True,
            text=True,
            cwd=self.folder,
            env={**os.environ, "PYTHONPATH": str(self.folder), **environment},
        )


@pytest.fixture
def checkout() -> Iterator[Checkout]:
    folder = Path(tempfile.mkdtemp(prefix="checkout-"))
    folder.chmod(0o711)
    yield Checkout(folder)
    home = folder / ".local" / "postgres"
    embedded.stop(home)
    shutil.rmtree(home.resolve(), ignore_errors=True)
    shutil.rmtree(folder)


def test_a_life_from_start_to_stop(checkout: Checkout) -> None:
    status = checkout.run("status")
    assert (status.returncode, status.stdout) == (3, "Postgres does not run.\n")

    url = checkout.run("url")
    assert url.returncode == 0
    assert "Starting" in url.stderr
    assert url.stdout.startswith("postgresql://")
    assert url.stdout.count("\n") == 1
    psycopg2.connect(url.stdout.strip()).close()

    again = checkout.run("url")
    assert (again.stdout, again.stderr) == (url.stdout, "")

    start = checkout.run("start")
    assert start.returncode == 0
    assert start.stdout.startswith("Postgres runs on 127.0.0.1:")
    password = (checkout.folder / ".local" / "postgres" / "password").read_text()
    assert password not in start.stdout + start.stderr

    status = checkout.run("status")
    assert (status.returncode, status.stdout) == (0, start.stdout)

    assert checkout.run("stop").stdout == "Postgres is stopped.\n"
    assert checkout.run("stop").stdout == "Postgres did not run.\n"
    assert checkout.run("status").returncode == 3


def test_env_prints_what_a_shell_takes_over() -> None:
    uri = "postgres://me:it%27s%20%24HOME@db.example:5433/shop?sslmode=require"
    lines = call(app, "env", AIRFLOW_CONN_WAREHOUSE=uri).stdout
    assert len(lines.splitlines()) == 14
    shown = subprocess.run(
        ["sh", "-c", f'{lines}\nenv | grep -E "^(WAREHOUSE_|PG)" | sort'],
        check=True,
        capture_output=True,
        text=True,
    )
    assert shown.stdout.splitlines() == [
        "PGCLIENTENCODING=UTF8",
        "PGDATESTYLE=ISO, MDY",
        "PGTZ=UTC",
        "WAREHOUSE_CONNECT_TIMEOUT=",
        "WAREHOUSE_DATABASE=shop",
        "WAREHOUSE_HOST=db.example",
        "WAREHOUSE_KEEPALIVES_IDLE=",
        "WAREHOUSE_PASSWORD=it's $HOME",
        "WAREHOUSE_PORT=5433",
        "WAREHOUSE_SSLCERT=",
        "WAREHOUSE_SSLKEY=",
        "WAREHOUSE_SSLMODE=require",
        "WAREHOUSE_SSLROOTCERT=",
        "WAREHOUSE_USER=me",
    ]
    # so that dbt by hand takes no right from it
    lines = call(app, "env", AIRFLOW_CONN_WAREHOUSE=uri, WAREHOUSE_READER="analyst").stdout
    assert "export WAREHOUSE_READER=analyst" in lines.splitlines()


def test_a_configured_warehouse_is_left_alone(checkout: Checkout, warehouse: Warehouse) -> None:
    for command in ("start", "stop"):
        done = checkout.run(command, AIRFLOW_CONN_WAREHOUSE=warehouse.url)
        assert done.returncode == 0
        assert "AIRFLOW_CONN_WAREHOUSE: nothing to " + command in done.stdout
    assert checkout.run("url", AIRFLOW_CONN_WAREHOUSE=warehouse.url).stdout == f"{warehouse.url}\n"
    assert checkout.run("status", AIRFLOW_CONN_WAREHOUSE=warehouse.url).returncode == 0
    assert not (checkout.folder / ".local").exists()


def test_a_warehouse_in_dotenv_is_a_configured_one(checkout: Checkout) -> None:
    uri = "postgresql://me:secret@db.example:5433/shop"
    (checkout.folder / ".env").write_text(f"AIRFLOW_CONN_WAREHOUSE={uri}\n")
    assert checkout.run("url", PYTHON_DOTENV_DISABLED="").stdout == f"{uri}\n"


def test_a_configured_warehouse_that_is_down_does_not_run_and_it_is_told_why() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    uri = f"postgresql://me:my-secret@127.0.0.1:{port}/shop"
    done = call(app, "status", AIRFLOW_CONN_WAREHOUSE=uri)
    assert (done.returncode, done.stderr) == (3, "")
    assert done.stdout.startswith(f"No Postgres answers at 127.0.0.1:{port}: ")
    assert done.stdout.count("\n") == 1
    assert "my-secret" not in done.stdout


def test_what_goes_wrong_is_one_line_and_no_traceback(checkout: Checkout) -> None:
    uri = "mysql://me:my-secret@db.example/shop"
    done = checkout.run("status", AIRFLOW_CONN_WAREHOUSE=uri)
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith("error: ")
    assert done.stderr.count("\n") == 1
    assert "my-secret" not in done.stderr


def test_nothing_heavy_is_imported() -> None:
    code = "import runpy, sys; runpy.run_path('scripts/warehouse.py'); print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True, cwd=PROJECT
    )
    assert not set(HEAVY) & set(done.stdout.split())
