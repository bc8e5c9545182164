"""The project with a manifest, and what Airflow makes of one of its DAG files."""

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from include.settings import PROJECT
from tests.support.project_copy import copy_project, environment, run

SECRET = "my-secret-password"


@pytest.fixture(scope="package")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project with a manifest that dbt has just written."""
    copy = copy_project(tmp_path_factory.mktemp("project"))
    folder = str(copy / "dbt_ecommerce")
    command = ["dbt", "parse", "--project-dir", folder, "--profiles-dir", folder]
    done = run(command, copy, environment(copy))
    assert done.returncode == 0, done.stdout
    return copy


@pytest.fixture(scope="package")
def describe(
    project: Path, tmp_path_factory: pytest.TempPathFactory
) -> Callable[..., dict[str, Any]]:
    """What Airflow makes of a DAG where nothing but two connections is configured."""

    def described(dag_id: str, monday: str, **settings: str) -> dict[str, Any]:
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
        program = str(PROJECT / "tests" / "support" / "describe_dag.py")
        done = run([sys.executable, program, dag_id, monday], project, env | settings)
        assert done.returncode == 0, done.stderr
        answer = json.loads(done.stdout.splitlines()[-1])
        return {**answer, "said": done.stdout + done.stderr}

    return described
