"""Scripts called in this process: they say what a process would, without the seconds it imports.

What a script starts in its turn has outputs of its own and is not heard, and a line of usage names
pytest instead of the script. What is about the process itself (signals, kills, memory, what it
leaves behind) is tested with a process.
"""

import logging
import os
import signal
import sys
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, chdir, contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from unittest.mock import patch

import typer

from include import command_line
from include.paths import PROJECT
from tests.support.project_copy import environment

SIGNALS = (signal.SIGINT, signal.SIGTERM)
NOT_TOLD = (DeprecationWarning, PendingDeprecationWarning, ImportWarning, ResourceWarning)


@dataclass(frozen=True)
class Said:
    """How a script ended, in the words of `subprocess.CompletedProcess`."""

    returncode: int
    stdout: str
    stderr: str


def call(app: typer.Typer, *arguments: str, **variables: str) -> Said:
    """Run a script's app as its last line does, with the variables of a program of the project."""
    out, err = StringIO(), StringIO()
    with _as_a_process(arguments, variables), redirect_stdout(out), redirect_stderr(err):
        returncode = _exit_code(app)
    return Said(returncode, out.getvalue(), err.getvalue())


def _exit_code(app: typer.Typer) -> int:
    """What Python makes of how a script ends."""
    try:
        command_line.run(app)
    except SystemExit as end:
        if end.code is None or isinstance(end.code, int):
            return end.code or 0
        print(end.code, file=sys.stderr)
        return 1
    except Exception as error:  # as the interpreter does
        trace = error.__traceback__
        sys.excepthook(type(error), error, trace and trace.tb_next)  # without this function
        return 1
    return 0


@contextmanager
def _as_a_process(arguments: tuple[str, ...], variables: dict[str, str]) -> Iterator[None]:
    """A new process' environment, arguments, log and warnings; nothing of a call remains."""
    with ExitStack() as stack:
        stack.enter_context(patch.dict(os.environ, environment(PROJECT, **variables), clear=True))
        stack.enter_context(patch.object(sys, "argv", ["script", *arguments]))
        stack.enter_context(patch.object(sys, "excepthook", sys.__excepthook__))  # typer sets it
        stack.enter_context(chdir(PROJECT))
        # pytest's handlers and its list of warnings: without them both are told on stderr
        stack.enter_context(patch.object(logging.root, "handlers", []))
        stack.enter_context(patch.object(logging.root, "level", logging.WARNING))
        stack.enter_context(warnings.catch_warnings())
        warnings.showwarning = _tell
        warnings.simplefilter("default")
        for category in NOT_TOLD:
            warnings.simplefilter("ignore", category)
        for number in SIGNALS:
            stack.callback(signal.signal, number, signal.getsignal(number))
        yield


def _tell(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: object = None,
    line: str | None = None,
) -> None:
    sys.stderr.write(warnings.formatwarning(message, category, filename, lineno, line))
