"""dbt in the process of the tests, which parse a project once and not once a database.

A dbt process takes 5 processor seconds until its first node runs, and 9 more where it has to parse,
as it has to for every other address of a warehouse. Here the parse is told no warehouse: dbt keeps
it below the project's `target/`, brings it up to date where files changed, and what comes of it is
moved to the database that a test builds. dbt runs one command at a time in a process.
"""

import json
import os
from collections.abc import Mapping
from functools import cache
from hashlib import md5
from pathlib import Path
from typing import Any
from unittest.mock import patch

from filelock import FileLock

from include.paths import PROJECT
from tests.support.project_copy import environment

Vars = Mapping[str, Any]


def dbt(project: Path, database: str, env: Mapping[str, str], dbt_vars: Vars, *command: str) -> str:
    """Run a command of dbt on a database whose address is in `env`.

    Returns what dbt says; raises AssertionError with it where a model or a test failed.
    """
    written = json.dumps(dbt_vars, sort_keys=True)
    parsed = _moved(_parsed(project, written), database)
    return _invoke(project, env, written, ("--no-write-json", *command), parsed)[1]


def manifest_file(project: Path, **dbt_vars: Any) -> Path:
    """dbt's `manifest.json` of a project."""
    written = json.dumps(dbt_vars, sort_keys=True)
    _parsed(project, written)
    return _target(project, written) / "manifest.json"


def _target(project: Path, written_vars: str) -> Path:
    """Where dbt keeps what it has parsed with these vars."""
    name = md5(written_vars.encode(), usedforsecurity=False).hexdigest()
    return project / "target" / "tests" / name


@cache
def _parsed(project: Path, written_vars: str) -> Any:
    """dbt's Manifest; other processes wait for it, and find it there."""
    target = _target(project, written_vars)
    target.mkdir(parents=True, exist_ok=True)
    with FileLock(target.with_suffix(".lock")):
        command = ("parse", "--target-path", str(target))
        return _invoke(project, environment(PROJECT), written_vars, command, None)[0]


def _moved(parsed: Any, database: str) -> Any:
    """The manifest with every relation in a database; dbt refuses one that names another."""
    for node in (*parsed.nodes.values(), *parsed.sources.values()):
        if node.relation_name:
            node.relation_name = node.relation_name.replace(
                f'"{node.database}".', f'"{database}".', 1
            )
        node.database = database
    parsed.build_flat_graph()
    return parsed


def _invoke(
    project: Path, env: Mapping[str, str], written_vars: str, command: tuple[str, ...], parsed: Any
) -> tuple[Any, str]:
    """What dbt returns and what it says."""
    from dbt.cli.main import dbtRunner

    said: list[str] = []

    def note(event: Any) -> None:
        if event.info.level != "debug":
            said.append(event.info.msg)

    folder = str(project)
    places = ["--project-dir", folder, "--profiles-dir", folder]
    # nothing of the developer's reaches dbt
    with patch.dict(os.environ, env, clear=True):
        done = dbtRunner(parsed, callbacks=[note]).invoke(
            ["--log-level", "none", *command, *places, "--vars", written_vars]
        )
    text = "\n".join(said)
    assert done.success, f"{text[-5000:]}\n{done.exception or ''}"
    return done.result, text
