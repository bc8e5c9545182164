"""Airflow kept running on this machine without Docker: scheduler, API and UI on 127.0.0.1.

The weekly DAG then runs by itself every Monday, as long as the machine is up.
"""

import signal
import socket
import subprocess
import sys
import time
from datetime import datetime

import psutil
import typer

from include import command_line
from include.airflow import environment, processes
from include.errors import UserError
from include.paths import LOCAL
from include.settings import load_settings
from include.warehouse import embedded

PID = LOCAL / "standalone.pid"
LOG = LOCAL / "standalone.log"
ADDRESS = "AIRFLOW__API__BASE_URL"
PATIENCE = 900  # seconds; a cold, busy machine with two cores has needed four minutes

app = typer.Typer(add_completion=False, help=__doc__)


@app.command()
def up() -> None:
    """Start Postgres and Airflow in the background, unless they run already."""
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))  # to clean up
    settings = load_settings()
    port = settings.airflow__api__port
    address = f"http://localhost:{port}"
    leader, family = _running()
    if leader is not None:
        # the port that it was started with, which is not in this shell's environment
        print(f"Airflow runs already: {leader.environ().get(ADDRESS, address)}")
        return
    processes.stop(family)  # what is left of one that was killed
    _check_port(port)
    LOCAL.mkdir(exist_ok=True)
    with LOG.open("a") as log:
        print(f"--- make up, {datetime.now().astimezone():%Y-%m-%d %H:%M:%S %z}", file=log)
    print("Preparing Postgres, Airflow's tables and the dbt project …", flush=True)
    had_postgres = embedded.status() is not None
    try:
        env = environment.variables(settings)
        env["AIRFLOW__API__PORT"] = str(port)
        env[ADDRESS] = address  # alerts name it
        env["AIRFLOW__CORE__EXECUTION_API_SERVER_URL"] = f"http://127.0.0.1:{port}/execution/"
        environment.prepare(settings, env, LOG, "docs", "generate")
        airflow = processes.start(env, port, LOG)
        PID.write_text(str(airflow.pid))
        _wait_until_ready(airflow, port)
    except BaseException:
        _stop(with_postgres=not had_postgres)
        raise
    print(
        f"Airflow: {address}/dags/ecommerce_churn (no password; only this machine reaches it)\n"
        f"Models and their lineage: {address}/cosmos/ecommerce/dbt_docs_index.html\n"
        "The weekly DAG runs on Mondays; the first time it makes the last week's report at once.\n"
        f"Log: {LOG}   Stop: make down"
    )


@app.command()
def down() -> None:
    """Stop Airflow and the embedded Postgres."""
    print("Stopped." if _stop(with_postgres=True) else "Nothing ran.")


def _running() -> tuple[psutil.Process | None, list[psutil.Process]]:
    """The first of the processes that `up` started, if it still runs, and all that are left."""
    try:
        pid = int(PID.read_text())
    except (FileNotFoundError, ValueError):
        return None, []
    leader, command = None, []
    try:
        leader = psutil.Process(pid)
        command = leader.cmdline()
    except psutil.NoSuchProcess:
        pass
    except psutil.Error:
        return None, []
    if not command:  # it has ended, or is about to: a process loses its command line first
        return None, processes.session(pid)
    if processes.__name__ not in command:
        return None, []  # its number is another's by now
    return leader, processes.session(pid)


def _check_port(port: int) -> None:
    with socket.socket() as probe:
        if probe.connect_ex(("127.0.0.1", port)) == 0:
            raise UserError(
                f"Port {port} is taken by another program: stop it, or choose another port with"
                " AIRFLOW__API__PORT=8081 make up."
            )


def _wait_until_ready(airflow: "subprocess.Popen[bytes]", port: int) -> None:
    print("Starting Airflow ", end="", flush=True)
    deadline = time.monotonic() + PATIENCE
    while processes.healthy(port) != processes.PARTS:
        if airflow.poll() is not None:
            raise UserError(f"Airflow did not start, and was stopped: see the end of {LOG}.")
        if time.monotonic() > deadline:
            raise UserError(
                f"Airflow was not ready within {PATIENCE // 60} minutes, and was stopped: see the"
                f" end of {LOG}."
            )
        print(".", end="", flush=True)
        time.sleep(0.5)
    print(" ready", flush=True)


def _stop(*, with_postgres: bool) -> bool:
    """Stop all that `up` started; whether there was anything."""
    _, family = _running()
    processes.stop(family)
    PID.unlink(missing_ok=True)
    return bool(with_postgres and embedded.stop()) or bool(family)


if __name__ == "__main__":
    command_line.run(app)
