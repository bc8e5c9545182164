"""scripts/standalone.py beside a program that passes for Airflow: order, watching, and the end."""

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from include.airflow import environment, processes
from include.paths import PROJECT
from include.settings import load_settings
from include.warehouse import embedded
from scripts import standalone
from tests.support.scripts import Said, call

AIRFLOW = """\
#!{python}
import http.server, json, os, pathlib, sys, time
place, name = pathlib.Path({place!r}), sys.argv[1]
with (place / "started").open("a") as started:
    print(*sys.argv[1:], file=started)
if (place / f"{{name}}.fails").exists():
    sys.exit(f"{{name}} cannot start")
(place / f"{{name}}.pid").write_text(str(os.getpid()))
if name == "scheduler" and os.fork() == 0:
    os.setpgid(0, 0)  # as Airflow's own tasks have groups of their own
    (place / "task.pid").write_text(str(os.getpid()))
if name != "api-server":
    while True:
        time.sleep(60)

class Health(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        if not (place / "asked").exists():
            (place / "asked").touch()  # busy, the first time
            return self.send_error(503)
        told = {{"metadatabase": {{"status": "healthy"}}}}
        for part in ("scheduler", "triggerer", "dag_processor"):
            there = (place / f"{{part.replace('_', '-')}}.pid").exists()
            told[part] = {{"status": "healthy" if there else "unhealthy"}}
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps(told).encode())

http.server.HTTPServer(("127.0.0.1", int(os.environ["AIRFLOW__API__PORT"])), Health).serve_forever()
"""


class Place:
    """A folder where a program that passes for Airflow notes what was started."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.log = folder / "standalone.log"
        self.postgres_stopped = False
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.port = probe.getsockname()[1]
        program = folder / "airflow"
        program.write_text(AIRFLOW.format(python=sys.executable, place=str(folder)))
        program.chmod(0o755)

    def up(self, **variables: str) -> Said:
        """`make up`."""
        return call(standalone.app, "up", **{"AIRFLOW__API__PORT": str(self.port), **variables})

    def down(self) -> Said:
        """`make down`."""
        return call(standalone.app, "down")

    def started(self) -> list[str]:
        """The commands of Airflow in the order of their starts."""
        return (self.folder / "started").read_text().splitlines()

    def process(self, name: str) -> psutil.Process:
        """The process of a command, or the one that is left of a task."""
        return psutil.Process(int((self.folder / f"{name}.pid").read_text()))

    def is_gone(self) -> bool:
        """Whether no process of it is left, and nobody listens at its port."""
        pids = [int(file.read_text()) for file in self.folder.glob("*.pid")]
        with socket.socket() as probe:
            listens = probe.connect_ex(("127.0.0.1", self.port)) == 0
        return not listens and not any(_runs(pid) for pid in pids)


def _runs(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def wait_until(happened: Callable[[], bool]) -> None:
    """Wait for what is bound to happen; the test's own time limit ends it otherwise."""
    while not happened():
        threading.Event().wait(0.05)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    """A place where `make up` finds that Airflow; Postgres did not run before."""
    place = Place(tmp_path)

    def stop_postgres() -> bool:
        place.postgres_stopped = True
        return True

    monkeypatch.setattr(standalone, "LOCAL", tmp_path)
    monkeypatch.setattr(standalone, "PID", tmp_path / "of_up")
    monkeypatch.setattr(standalone, "LOG", place.log)
    monkeypatch.setattr(embedded, "status", lambda: None)
    monkeypatch.setattr(embedded, "stop", stop_postgres)
    env = {"PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}", "PYTHONPATH": str(PROJECT)}
    monkeypatch.setattr(environment, "variables", lambda _: env)
    monkeypatch.setattr(environment, "prepare", lambda *_, **__: None)
    yield place
    place.down()
    assert place.is_gone()


def test_nothing_starts_before_the_api_answers_and_nothing_serves_logs_to_the_network(
    place: Place,
) -> None:
    said = place.up()
    assert said.returncode == 0, said.stderr
    assert f"Airflow: http://localhost:{place.port}/dags/ecommerce_churn" in said.stdout
    assert (place.folder / "asked").exists()
    assert place.started()[0] == "api-server"
    assert sorted(place.started()[1:]) == [
        "dag-processor",
        "scheduler --skip-serve-logs",
        "triggerer --skip-serve-logs",
    ]


def test_what_runs_already_is_named_with_the_address_that_it_was_started_with(
    place: Place,
) -> None:
    place.up()
    again = place.up(AIRFLOW__API__PORT="8082")
    assert again.stdout == f"Airflow runs already: http://localhost:{place.port}\n"
    assert len(place.started()) == 4


def test_down_stops_all_of_it_and_postgres(place: Place) -> None:
    place.up()
    assert place.down().stdout == "Stopped.\n"
    assert place.is_gone()
    assert place.postgres_stopped


@pytest.mark.parametrize("name", ["api-server", "scheduler", "triggerer"])
def test_what_cannot_start_is_a_sentence_and_leaves_nothing_behind(place: Place, name: str) -> None:
    place.log.write_text("of the start before\n")
    (place.folder / f"{name}.fails").touch()
    said = place.up()
    assert said.returncode == 1
    assert (
        said.stderr
        == f"error: Airflow did not start, and was stopped: see the end of {place.log}.\n"
    )
    assert place.is_gone()
    assert place.postgres_stopped
    assert not (place.folder / "of_up").exists()
    log = place.log.read_text()
    assert log.startswith("of the start before\n--- make up, ")
    assert f"{name:<13} | {name} cannot start\n" in log


def test_postgres_that_ran_before_goes_on(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded, "status", lambda: "runs")
    (place.folder / "api-server.fails").touch()
    assert place.up().returncode == 1
    assert not place.postgres_stopped


def test_what_takes_too_long_is_stopped(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(standalone, "PATIENCE", 0)
    said = place.up()
    assert "was not ready within 0 minutes, and was stopped" in said.stderr
    assert place.is_gone()


def test_what_ends_is_started_again_without_what_it_left_behind(place: Place) -> None:
    place.up()
    task = place.process("task")
    place.process("scheduler").kill()
    wait_until(lambda: len(place.started()) == 5)
    assert place.started()[4] == "scheduler --skip-serve-logs"
    assert not _runs(task.pid)
    assert "scheduler ended with -9: again.\n" in place.log.read_text()


def test_down_finds_what_is_left_where_the_watching_process_was_killed(place: Place) -> None:
    place.up()
    os.kill(int((place.folder / "of_up").read_text()), signal.SIGKILL)
    assert place.down().stdout == "Stopped.\n"
    assert place.is_gone()


def test_down_finds_what_is_left_while_the_watching_process_is_about_to_end(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.up()
    with monkeypatch.context() as ending:
        # as the kernel tells it of a process that was killed and is not yet a zombie
        ending.setattr(psutil.Process, "cmdline", lambda _: [])
        place.down()
    assert place.is_gone()


def test_down_ends_what_was_stopped_by_a_signal(place: Place) -> None:
    place.up()
    place.process("api-server").suspend()
    place.down()
    assert place.is_gone()


def test_a_number_that_is_another_programs_by_now_is_left_alone(place: Place) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", "import sys; sys.stdin.read()"],
        stdin=subprocess.PIPE,
        start_new_session=True,
    ) as other:
        (place.folder / "of_up").write_text(str(other.pid))
        place.down()
        assert other.poll() is None


def test_a_port_that_is_taken_is_named(place: Place) -> None:
    with socket.create_server(("127.0.0.1", place.port)):
        said = place.up()
    assert said.stderr == (
        f"error: Port {place.port} is taken by another program: stop it, or choose another port"
        " with AIRFLOW__API__PORT=8081 make up.\n"
    )
    assert not (place.folder / "started").exists()


@pytest.mark.parametrize("port", ["abc", "0", "70000"])
def test_a_port_that_is_none_is_a_sentence(place: Place, port: str) -> None:
    said = place.up(AIRFLOW__API__PORT=port)
    assert said.returncode == 1
    assert said.stderr.startswith(f"error: The setting AIRFLOW__API__PORT='{port}' cannot be used:")


def test_the_port_of_env_is_the_one_that_all_of_airflow_is_told(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Read from `.env` it is in the environment only once the settings are loaded."""
    told: dict[str, str] = {}
    settings = load_settings().model_copy(update={"airflow__api__port": place.port})
    monkeypatch.setattr(standalone, "load_settings", lambda: settings)
    start = processes.start
    monkeypatch.setattr(
        processes, "start", lambda env, *rest: told.update(env) or start(env, *rest)
    )
    assert call(standalone.app, "up").returncode == 0
    assert told["AIRFLOW__API__PORT"] == str(place.port)
    assert told["AIRFLOW__API__BASE_URL"] == f"http://localhost:{place.port}"
    assert told["AIRFLOW__CORE__EXECUTION_API_SERVER_URL"] == (
        f"http://127.0.0.1:{place.port}/execution/"
    )
