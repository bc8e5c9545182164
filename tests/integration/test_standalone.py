"""scripts/standalone.py beside a program that passes for Airflow."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.project_copy import copy_project, environment, run

AIRFLOW = "import sys; sys.stdin.read()"


@pytest.mark.parametrize("port", [{}, {"AIRFLOW__API__PORT": "8082"}])
def test_what_runs_already_is_named_with_the_address_that_it_was_started_with(
    tmp_path: Path, port: dict[str, str]
) -> None:
    project = copy_project(tmp_path)
    (project / ".local").mkdir()
    with subprocess.Popen(
        [sys.executable, "-c", AIRFLOW, "standalone"],
        stdin=subprocess.PIPE,
        env=environment(project, AIRFLOW__API__BASE_URL="http://localhost:8081"),
    ) as airflow:
        (project / ".local" / "standalone.pid").write_text(str(airflow.pid))

        done = run(
            [sys.executable, "scripts/standalone.py", "up"], project, environment(project, **port)
        )

    assert done.stdout == "Airflow runs already: http://localhost:8081\n"
