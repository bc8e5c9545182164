"""A copy of the project to run and to change, and its programs run as from a shell.

What a run writes (seeds, dbt's target, `.local/`, `out/`) then stays out of the checkout.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from include.settings import PROJECT

PARTS = ("dags", "dbt_ecommerce", "include", "scripts")
NOT_OURS = shutil.ignore_patterns("target", "logs", "data", "__pycache__")
FROM_OUTSIDE = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "TZ", "LD_LIBRARY_PATH")


def copy_project(to: Path) -> Path:
    """Copy what the DAG is made of, as committed: no `.env`, no files of a shop, no leftovers."""
    for part in PARTS:
        shutil.copytree(PROJECT / part, to / part, ignore=NOT_OURS)
    return to


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
