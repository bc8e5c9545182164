"""The dbt project parsed once for all commands that a process runs, which dbtRunner documents.

Under a scheduler each command is a process of its own; those of `make demo` are in one.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import chdir, contextmanager
from typing import Any

from include.dbt.node_events import tell_of_node
from include.errors import UserError

_kept: dict[str, Any] = {}
"""dbt's Manifest by the name that dbtRunner takes it by, where one was parsed here."""


def parse_for_all(command: Sequence[str], env: Mapping[str, str]) -> None:
    """Run `dbt parse`, and keep what comes of it for every command after it.

    Args:
        command: as of `environment.dbt`; its vars are those of the commands after it.
        env: more variables of the environment.

    Raises UserError where dbt cannot read the project; it has said why.
    """
    from dbt.cli.main import dbtRunner

    with _environment(env):
        done = dbtRunner().invoke(list(command[1:]))
    if not done.success:
        raise UserError("`dbt parse` failed.")
    _kept["manifest"] = done.result


def is_parsed() -> bool:
    """Whether `run` has what it needs."""
    return bool(_kept)


def run(command: Sequence[str], env: Mapping[str, str], cwd: str) -> Any:
    """What dbtRunner returns of a command that does not parse the project again."""
    from dbt.cli.main import dbtRunner

    with chdir(cwd), _environment(env):
        return dbtRunner(**_kept, callbacks=[tell_of_node]).invoke(list(command[1:]))


@contextmanager
def _environment(env: Mapping[str, str]) -> Iterator[None]:
    before = os.environ.copy()
    os.environ.update(env)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
