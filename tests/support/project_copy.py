"""A copy of the project to run and to change, and its programs run as from a shell.

What a run writes (seeds, dbt's target, `.local/`, `out/`) then stays out of the checkout.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from include.paths import PROJECT
from include.settings import Settings
from include.warehouse.connection import SESSION

PARTS = ("dags", "dbt_ecommerce", "include", "plugins", "scripts")
NOT_OURS = shutil.ignore_patterns("target", "logs", "data", "__pycache__")
FROM_OUTSIDE = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "TZ", "LD_LIBRARY_PATH")


def copy_project(to: Path) -> Path:
    """Copy what the DAG is made of, as committed: no `.env`, no files of a shop, no leftovers."""
    for part in PARTS:
        shutil.copytree(PROJECT / part, to / part, ignore=NOT_OURS)
    return to


def developers_own() -> list[str]:
    """The variables of this process that hold a connection or a setting of the developer's."""
    settings = {name.upper() for name in Settings.model_fields}
    return [
        name
        for name in os.environ
        if (name.startswith(("AIRFLOW_CONN_", "PG", "WAREHOUSE_")) and name not in SESSION)
        or name in settings
    ]


def environment(project: Path, **more: str) -> dict[str, str]:
    """The variables of a program of `project`: nothing of the developer's but the way to it."""
    kept = {name: os.environ[name] for name in FROM_OUTSIDE if name in os.environ}
    return {
        **kept,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{kept['PATH']}",
        "PYTHONPATH": str(project),
        "PYTHON_DOTENV_DISABLED": "1",
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        **more,
    }


def run(
    command: list[str], project: Path, env: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    """Run a program in the folder of `project`, its two outputs as text."""
    return subprocess.run(
        command, cwd=project, env=env, capture_output=True, text=True, check=False
    )
