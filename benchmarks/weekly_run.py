"""A weekly run of the demo shop under a scheduler, against the version that is named BEFORE.

Each version, ours as it is in this checkout, has a folder, a Postgres and an Airflow of its own,
which its `make up` starts. The run that then comes by itself is waited for; the next one, triggered
by REST, counts: from the moment it is asked for until it has succeeded, in Airflow's own books. By
turns, so that only one Airflow runs at a time.
"""

import json
import socket
import sys
import time
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from benchmarks.measure import Figure, by_turns, finish, run, scratch
from benchmarks.million import BEFORE, version_before
from include.shop_data import DEMO_AS_OF
from tests.support.project_copy import copy_project, environment

TURNS = 2
RUNS = "/api/v2/dags/ecommerce_churn/dagRuns"
PATIENCE = 1800  # seconds for a run on a slow machine
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def main() -> None:
    """Both versions by turns."""
    with scratch() as folder:
        folder.chmod(0o711)  # as root, the server's own user passes through
        ours, before = copy_project(folder / "ours"), version_before(folder / "before")
        took = by_turns(TURNS, ours=lambda: weekly_run(ours), before=lambda: weekly_run(before))
    finish(
        "weekly_run",
        f"A weekly run under a scheduler (peer: {BEFORE})",
        [
            Figure(
                "weekly_run_vs_before",
                took["ours"] / took["before"],
                took["ours"],
                took["before"],
            )
        ],
    )


def weekly_run(project: Path) -> float:
    """Start a version's Airflow, have it run the DAG once more, and stop it; the run's seconds."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    env = environment(project, AIRFLOW__API__PORT=str(port))

    def make(command: str) -> None:
        script = [sys.executable, "scripts/standalone.py", command]
        run(script, cwd=project, env=env, with_memory=False)

    def api(path: str = "", body: object = None) -> dict[str, Any]:
        request = urllib.request.Request(
            f"http://127.0.0.1:{port}{RUNS}{path}",
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        with DIRECT.open(request, timeout=60) as answer:
            found: dict[str, Any] = json.loads(answer.read())
        return found

    try:
        make("up")
        _wait_for(lambda: _all_ended(api()["dag_runs"]))
        asked = api(body={"logical_date": None, "conf": {"as_of_date": str(DEMO_AS_OF)}})
        path = f"/{asked['dag_run_id']}"
        _wait_for(lambda: _all_ended([api(path)]))
        ended = api(path)
    finally:
        make("down")
    if ended["state"] != "success":
        raise SystemExit(f"The weekly run of {project.name} ended as {ended['state']}.")
    began, end = (datetime.fromisoformat(ended[name]) for name in ("queued_at", "end_date"))
    return (end - began).total_seconds()


def _all_ended(runs: list[dict[str, Any]]) -> bool:
    """Whether there are runs, and none that is still to end."""
    return bool(runs) and all(one["state"] in ("success", "failed") for one in runs)


def _wait_for(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        with suppress(OSError):  # of a server that is busy, or does not know the DAG yet
            if is_so():
                return
        time.sleep(2)
    raise SystemExit(f"A weekly run has not ended within {PATIENCE // 60} minutes.")


if __name__ == "__main__":
    main()
