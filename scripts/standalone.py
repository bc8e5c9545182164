"""Airflow kept running on this machine without Docker: scheduler, API and UI on 127.0.0.1.

The weekly DAG then runs by itself every Monday, as long as the machine is up.
"""

import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request

import psutil
import typer

from include import command_line, local_airflow
from include.errors import UserError
from include.settings import LOCAL, PROJECT, load_settings
from include.warehouse import embedded

PID = LOCAL / "standalone.pid"
LOG = LOCAL / "standalone.log"
ADDRESS = "AIRFLOW__API__BASE_URL"
PATIENCE = 180  # seconds for Airflow to answer; a cold, busy machine needs a minute

app = typer.Typer(add_completion=False, help=__doc__)


@app.command()
def up() -> None:
    """Start Postgres and Airflow in the background, unless they run already."""
    port = int(os.environ.get("AIRFLOW__API__PORT", "8080"))
    address = f"http://localhost:{port}"
    airflow = _running()
    if airflow is not None:
        # the port that it was started with, which is not in this shell's environment
        print(f"Airflow runs already: {airflow.environ().get(ADDRESS, address)}")
        return
    with socket.socket() as probe:
        if probe.connect_ex(("127.0.0.1", port)) == 0:
            raise UserError(
                f"Port {port} is taken by another program: stop it, or choose another port with"
                " AIRFLOW__API__PORT=8081 make up."
            )
    LOCAL.mkdir(exist_ok=True)
    LOG.write_bytes(b"")
    settings = load_settings()
    print("Preparing Postgres, Airflow's tables and the dbt project …", flush=True)
    env = local_airflow.environment(settings)
    env[ADDRESS] = address  # alerts name it
    env["AIRFLOW__CORE__EXECUTION_API_SERVER_URL"] = f"http://127.0.0.1:{port}/execution/"
    local_airflow.prepare(settings, env, LOG, with_docs=True)
    with LOG.open("ab") as log:
        process = subprocess.Popen(
            ["airflow", "standalone"],
            env=env,
            cwd=PROJECT,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    PID.write_text(str(process.pid))
    _wait_until_ready(process, address)
    print(
        f"Airflow: {address}/dags/ecommerce_churn (no password; only this machine reaches it)\n"
        f"Models and their lineage: {address}/cosmos/ecommerce/dbt_docs_index.html\n"
        "The weekly DAG runs on Mondays; the first time it makes the last week's report at once.\n"
        f"Log: {LOG}   Stop: make down"
    )


@app.command()
def down() -> None:
    """Stop Airflow and the embedded Postgres."""
    airflow = _running()
    if airflow is not None:
        _stop(airflow)
    PID.unlink(missing_ok=True)
    stopped = embedded.stop()
    print("Stopped." if airflow or stopped else "Nothing ran.")


def _running() -> psutil.Process | None:
    """The process that `up` started, if it still runs; its number may be another's by now."""
    try:
        process = psutil.Process(int(PID.read_text()))
        return process if "standalone" in process.cmdline() else None
    except (FileNotFoundError, ValueError, psutil.Error):
        return None


def _wait_until_ready(process: "subprocess.Popen[bytes]", address: str) -> None:
    print("Starting Airflow ", end="", flush=True)
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise UserError(f"Airflow did not start: see the end of {LOG}.")
        try:
            with urllib.request.urlopen(f"{address}/api/v2/version", timeout=5):  # noqa: S310
                print(" ready", flush=True)
                return
        except (urllib.error.URLError, OSError):
            print(".", end="", flush=True)
            time.sleep(1)
    _stop(psutil.Process(process.pid))
    raise UserError(f"Airflow did not answer within {PATIENCE} seconds: see the end of {LOG}.")


def _stop(airflow: psutil.Process) -> None:
    """End Airflow and everything it started: politely, then for good."""
    family = [airflow, *airflow.children(recursive=True)]
    for process in family:
        _signal(process, signal.SIGTERM)
    _, alive = psutil.wait_procs(family, timeout=20)
    for process in alive:
        _signal(process, signal.SIGKILL)


def _signal(process: psutil.Process, number: int) -> None:
    try:
        process.send_signal(number)
    except psutil.NoSuchProcess:
        return


if __name__ == "__main__":
    command_line.run(app)
