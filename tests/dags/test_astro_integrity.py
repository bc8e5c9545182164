"""The DAG-integrity test of `astro dev parse`, run as the Astro CLI runs it: in a bare Airflow."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from include.settings import PROJECT


def astro_dev_parse(home: Path, dags: Path) -> subprocess.CompletedProcess[str]:
    """Run the test as in the image: the project importable, nothing of it configured."""
    test = shutil.copytree(PROJECT / ".astro", home / ".astro") / "test_dag_integrity_default.py"
    env = {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(dags),
        "HOME": str(home),
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(PROJECT),
    }
    command = [sys.executable, "-m", "pytest", "--verbose", "-p", "no:timeout", str(test)]
    return subprocess.run(command, cwd=home, env=env, capture_output=True, text=True, check=False)


def test_every_dag_imports_with_nothing_configured(tmp_path: Path) -> None:
    run = astro_dev_parse(tmp_path, PROJECT / "dags")

    assert run.returncode == 0, run.stdout
    for file in (PROJECT / "dags").glob("*.py"):
        assert f"test_file_imports[{file.name}] PASSED" in run.stdout


def test_a_dag_that_needs_a_connection_to_be_parsed_is_reported(tmp_path: Path) -> None:
    dags = tmp_path / "dags"
    dags.mkdir()
    (dags / "greedy.py").write_text(
        "from airflow.sdk import Connection, dag\nConnection.get('warehouse')\n"
    )

    run = astro_dev_parse(tmp_path, dags)

    assert run.returncode == 1
    assert "test_file_imports[greedy.py]" in run.stdout
    assert "The conn_id `warehouse` isn't defined" in run.stdout
