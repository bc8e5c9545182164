"""The DAG-integrity test of `astro dev parse`, run as the Astro CLI runs it: in a bare Airflow."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from include.paths import PROJECT


def astro_dev_parse(home: Path, project: Path) -> subprocess.CompletedProcess[str]:
    """Run the test as in the image: the project importable, nothing of it configured."""
    test = shutil.copytree(PROJECT / ".astro", home / ".astro") / "test_dag_integrity_default.py"
    env = {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(home / "dags"),
        "HOME": str(home),
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(project),
    }
    command = [sys.executable, "-m", "pytest", "--verbose", "-p", "no:timeout", str(test)]
    return subprocess.run(command, cwd=home, env=env, capture_output=True, text=True, check=False)


def test_with_nothing_configured_only_a_dag_that_needs_a_connection_to_be_parsed_is_reported(
    project: Path, tmp_path: Path
) -> None:
    dags = shutil.copytree(project / "dags", tmp_path / "dags")
    files = [file.name for file in dags.glob("*.py")]
    assert files
    (dags / "greedy.py").write_text(
        "from airflow.sdk import Connection, dag\nConnection.get('warehouse')\n"
    )

    run = astro_dev_parse(tmp_path, project)

    assert run.returncode == 1, run.stdout + run.stderr
    assert dict(re.findall(r"::(\S+) ([A-Z]+) +\[", run.stdout)) == {
        "test_there_are_dags": "PASSED",
        **{f"test_file_imports[{name}]": "PASSED" for name in files},
        "test_file_imports[greedy.py]": "FAILED",
    }
    assert f"1 failed, {len(files) + 1} passed in" in run.stdout  # so nothing else is amiss
    assert "The conn_id `warehouse` isn't defined" in run.stdout
