"""The project with a manifest, and what Airflow makes of one of its DAG files."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from include.paths import DBT_PROJECT, PROJECT
from tests.support.dbt import manifest_file
from tests.support.project_copy import copy_project

SECRET = "my-secret-password"


@pytest.fixture(scope="package")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project with a manifest that dbt has just written."""
    copy = copy_project(tmp_path_factory.mktemp("project"))
    target = copy / "dbt_ecommerce" / "target"
    target.mkdir()
    shutil.copy(manifest_file(DBT_PROJECT), target)
    return copy


@pytest.fixture(scope="package")
def describe(
    project: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[..., dict[str, Any]]]:
    """What Airflow makes of a DAG where nothing but two connections is configured.

    One process answers all tests; `said` is all that it and its forks have printed or logged.
    """
    home = tmp_path_factory.mktemp("airflow")
    env = {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(project / "dags"),
        "AIRFLOW_CONN_WAREHOUSE": f"postgres://me:{SECRET}@db.example.com:5432/shop",
        "AIRFLOW_CONN_TELEGRAM": json.dumps({"conn_type": "telegram", "password": SECRET}),
        "HOME": str(home),
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(project),
    }
    log = tmp_path_factory.mktemp("describe_dag") / "said.log"
    read, write = os.pipe()
    program = str(PROJECT / "tests" / "support" / "describe_dag.py")
    with (
        os.fdopen(read) as answers,
        log.open("w") as said,
        subprocess.Popen(
            [sys.executable, "-u", program, str(write)],
            cwd=project,
            env=env,
            bufsize=0,
            stdin=subprocess.PIPE,
            stdout=said,
            stderr=said,
            pass_fds=[write],
        ) as process,
    ):
        os.close(write)  # so that `answers` ends where the process does

        def described(dag_id: str, monday: str, **settings: str) -> dict[str, Any]:
            question = {"dag_id": dag_id, "monday": monday, "settings": settings}
            assert process.stdin
            with suppress(BrokenPipeError):  # it has ended; its log says why
                process.stdin.write(json.dumps(question).encode() + b"\n")
            answer, _, status = answers.readline().rpartition("\t")
            assert status == "0\n", log.read_text()
            return {**json.loads(answer), "said": log.read_text()}

        yield described
