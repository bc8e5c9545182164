"""A night with the Airflow of `make up`: its scheduler, API server, DAG processor and triggerer.

One after another, as one Airflow is all that a machine should be asked for: the run that comes by
itself while the API server stands still, one by REST whose process is killed and whose Postgres is
restarted, and one whose first task is killed each time, with nowhere to write its alert.
"""

import json
import os
import shutil
import socket
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import psycopg2
import pytest

from include.airflow import processes
from include.warehouse import embedded
from tests.end_to_end.conftest import CDNOW, telegram
from tests.support.fake_telegram import CHAT, TOKEN, Delivered, fake_telegram
from tests.support.project_copy import copy_project, environment, run

pytestmark = [pytest.mark.nightly, pytest.mark.timeout(5400)]

DAG_ID = "ecommerce_churn"
FROZEN = 100  # seconds
PATIENCE = 1800  # seconds for what a busy machine may be asked for
PAGES = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@dataclass
class Night:
    """What became of it."""

    project: Path
    port: int
    said: list[str] = field(default_factory=list)
    """Of `make up` and `make down`."""
    states: dict[str, str] = field(default_factory=dict)
    """How each run ended."""
    tries: dict[str, dict[str, int]] = field(default_factory=dict)
    """How often each task of a run was tried."""
    messages: dict[str, list[Delivered]] = field(default_factory=dict)
    """What reached the chat during a run."""
    listened: set[str] = field(default_factory=set)
    """The addresses at which Airflow's processes listened."""
    workers: int = 0
    left: list[str] = field(default_factory=list)
    """What was left after the end."""

    def api(self, path: str, body: object = None) -> Any:
        """A call of Airflow's public API; None where it does not answer at the moment."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/api/v2/dags/{DAG_ID}/{path}",
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        try:
            with PAGES.open(request, timeout=30) as answer:
                return json.loads(answer.read())
        except OSError:
            return None

    def trigger(self, as_of: str) -> str:
        """Start a run, as the runbook says; its id."""
        body = {"logical_date": None, "conf": {"as_of_date": as_of}}
        run_id: str = wait_for(lambda: self.api("dagRuns", body))["dag_run_id"]
        return run_id

    def task(self, run_id: str, task_id: str, state: str, try_number: int = 1) -> Any:
        """A task of a run, once it has this state on this try, or a later one."""

        def reached() -> Any:
            found = self.api(f"dagRuns/{run_id}/taskInstances/{task_id}") or {}
            is_it = found.get("state") == state and found["try_number"] >= try_number
            return found if is_it and (state != "running" or found["pid"]) else None

        return wait_for(reached)

    def kill(self, run_id: str, task_id: str, try_number: int = 1) -> None:
        """End the process of a task as the kernel does that is out of memory."""
        psutil.Process(self.task(run_id, task_id, "running", try_number)["pid"]).kill()

    def end(self, name: str, run_id: str) -> None:
        """Wait for the end of a run, and note how it went."""

        def ended() -> Any:
            state = (self.api(f"dagRuns/{run_id}") or {}).get("state")
            return state if state in ("success", "failed") else None

        self.states[name] = wait_for(ended)
        self.tries[name] = {}
        asked = f"dagRuns/{run_id}/taskInstances?limit=100"  # Airflow gives no more at once
        while tasks := wait_for(lambda: self.api(f"{asked}&offset={len(self.tries[name])}"))[
            "task_instances"
        ]:
            self.tries[name] |= {one["task_id"]: one["try_number"] for one in tasks}

    def processes(self, called: str = "") -> list[psutil.Process]:
        """All of this Airflow's, or those whose command line has a word."""
        pid = int((self.project / ".local" / "standalone.pid").read_text())
        return [one for one in processes.session(pid) if called in command_line(one)]


def command_line(process: psutil.Process) -> str:
    """Empty of one that has just ended, as they do all the time."""
    try:
        return " ".join(process.cmdline())
    except psutil.NoSuchProcess:
        return ""


def wait_for(answer: Callable[[], Any]) -> Any:
    """The answer, once there is one; AssertionError where the machine's patience ends."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if found := answer():
            return found
        threading.Event().wait(0.5)
    raise AssertionError("It did not happen in time.")


@pytest.fixture(scope="module")
def night(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Night]:
    """The night, when it is over."""
    project = copy_project(tmp_path_factory.mktemp("night"))
    (project / ".local").mkdir()
    (project / ".local" / "postgres").symlink_to(home)
    files = project / "files"
    files.mkdir()
    (files / "cdnow.csv").write_text(CDNOW)
    with socket.create_server(("127.0.0.1", 0)) as probe:
        night = Night(project, probe.getsockname()[1])
    with fake_telegram(TOKEN, CHAT) as server:
        env = environment(
            project,
            AIRFLOW__API__PORT=str(night.port),
            SHOP_SOURCES="cdnow",
            SHOP_DATA=str(files),
            REPORT_DEADLINE_MINUTES="1",
            AIRFLOW_CONN_TELEGRAM=telegram(TOKEN),
            TELEGRAM_API_URL=server.url,
        )

        def make(command: str) -> None:
            done = run([sys.executable, "scripts/standalone.py", command], project, env)
            night.said.append(done.stdout + done.stderr)
            assert done.returncode == 0, night.said

        def during(name: str, happens: Callable[[], None], tells: str = "") -> None:
            before = len(server.delivered)
            happens()
            wait_for(
                lambda: not tells or any(tells in one.text for one in server.delivered[before:])
            )
            night.messages[name] = server.delivered[before:]

        try:
            make("up")
            look_around(night)
            during("by itself", lambda: api_stands_still(night), "is late")
            during("by REST", lambda: killed_and_restarted(night, home))
            during("killed", lambda: killed_for_good(night, home), "A task failed")
            family = night.processes()
            make("down")
            night.left = [str(process) for process in family if process.is_running()]
            yield night
        finally:
            run([sys.executable, "scripts/standalone.py", "down"], project, env)


def look_around(night: Night) -> None:
    """Note where it listens, and how many wait for tasks."""
    night.workers = len(night.processes("LocalExecutor"))
    for process in night.processes():
        with suppress(psutil.NoSuchProcess):
            night.listened |= {
                one.laddr.ip
                for one in process.net_connections("inet")
                if one.status == psutil.CONN_LISTEN
            }


def api_stands_still(night: Night) -> None:
    """The run of the last week, which comes by itself; meanwhile nobody answers for a while."""
    run_id = wait_for(lambda: (night.api("dagRuns") or {}).get("dag_runs"))[0]["dag_run_id"]
    night.task(run_id, "shop.dbt_build", "running")
    servers = night.processes("api_server")
    assert servers
    for server in servers:
        server.suspend()
    threading.Event().wait(FROZEN)
    for server in servers:
        server.resume()
    night.end("by itself", run_id)


def killed_and_restarted(night: Night, home: Path) -> None:
    """A task is killed, and the next build loses the server, of which Airflow's tables are too."""
    run_id = night.trigger("latest")
    night.kill(run_id, "shop.dbt_build")
    night.task(run_id, "marts.dbt_build", "running")
    embedded.stop(home)
    embedded.start(home)
    night.end("by REST", run_id)


def killed_for_good(night: Night, home: Path) -> None:
    """The first task is killed on each of its tries, and `out` is not a folder."""
    shutil.rmtree(night.project / "out")
    (night.project / "out").touch()
    with closing(psycopg2.connect(embedded.url("warehouse", home))) as reader:
        # so that the task is still at work when it is killed
        reader.cursor().execute("lock table landing.cdnow__cdnow in access exclusive mode")
        run_id = night.trigger("1997-06-02")
        for try_number in range(1, 5):
            night.kill(run_id, "get_shop_data", try_number)
    night.end("killed", run_id)


def told(night: Night, name: str) -> str:
    """All that the chat was told during a run."""
    return "\n---\n".join(message.text for message in night.messages[name])


def test_it_listens_on_this_machine_only(night: Night) -> None:
    assert night.listened == {"127.0.0.1"}


def test_it_has_as_many_workers_as_the_machine_can_use(night: Night) -> None:
    assert night.workers == (os.cpu_count() or 1) + 2


def test_an_api_that_stands_still_for_a_while_costs_no_run(night: Night) -> None:
    assert night.states["by itself"] == "success"
    assert [message.kind for message in night.messages["by itself"]].count("photo") == 1


def test_a_missed_deadline_is_told(night: Night) -> None:
    assert "The report is late\nDAG: ecommerce_churn\nRun: scheduled__" in told(night, "by itself")


def test_a_process_that_is_killed_and_a_postgres_that_starts_anew_cost_no_run(
    night: Night,
) -> None:
    assert night.states["by REST"] == "success"
    assert night.tries["by REST"]["shop.dbt_build"] == 2
    assert "A task failed" not in told(night, "by REST")
    assert [message.kind for message in night.messages["by REST"]].count("photo") == 1


def test_a_lost_server_is_the_build_s_affair_and_not_that_of_each_model(night: Night) -> None:
    again = {name for name, tries in night.tries["by REST"].items() if tries > 1}
    assert not [name for name in again if name.endswith("_run")] or "marts.dbt_build" in again


def test_a_task_that_is_killed_for_good_is_told_though_no_file_can_be_written(
    night: Night,
) -> None:
    assert night.states["killed"] == "failed"
    assert night.tries["killed"]["get_shop_data"] == 4
    [alert] = [one.text for one in night.messages["killed"] if "A task failed" in one.text]
    assert "Task: get_shop_data\n" in alert
    assert "The task's process gave no reason." in alert


def test_at_the_end_no_process_and_no_port_are_left(night: Night, home: Path) -> None:
    assert night.said[-1] == "Stopped.\n"
    assert night.left == []
    assert embedded.status(home) is None
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", night.port)) != 0
