"""What tests hear from a script in their own process is what a process says."""

import logging
import os
import signal
import sys
import warnings
from pathlib import Path

import pytest
import typer

from include.errors import UserError
from include.paths import PROJECT
from scripts import fit_churn_model
from tests.support.project_copy import environment, run
from tests.support.scripts import Said, call


def test_a_script_says_the_same_in_a_process() -> None:
    command = [sys.executable, "scripts/fit_churn_model.py", "--as-of=yesterday"]
    done = run(command, PROJECT, environment(PROJECT))
    said = call(fit_churn_model.app, "--as-of=yesterday")
    assert said == Said(done.returncode, done.stdout, done.stderr)
    assert (said.returncode, said.stdout) == (1, "")
    assert said.stderr.startswith("error: The as-of date 'yesterday' is not a date")


def test_what_is_logged_and_warned_of_is_on_stderr_and_nothing_remains() -> None:
    def loud() -> None:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        os.environ["LEFT"] = "behind"
        os.chdir("/")
        logging.getLogger("a library").info("not told")
        logging.getLogger("a library").warning("told")
        warnings.warn("of this", stacklevel=1)
        warnings.warn("not of this", DeprecationWarning, stacklevel=2)
        raise UserError("It is over.")

    app = typer.Typer()
    app.command()(loud)
    was = (os.environ.copy(), Path.cwd(), signal.getsignal(signal.SIGTERM), sys.excepthook)
    said = call(app)
    assert (said.returncode, said.stdout) == (1, "")
    first, *rest = said.stderr.splitlines()
    assert first == "told"
    assert "UserWarning: of this" in rest[0]
    assert rest[-1] == "error: It is over."
    assert "not " not in said.stderr
    now = (os.environ.copy(), Path.cwd(), signal.getsignal(signal.SIGTERM), sys.excepthook)
    assert was == now


@pytest.mark.parametrize("ends", [0, 3])
def test_an_exit_code_is_the_scripts_own(ends: int) -> None:
    app = typer.Typer()
    app.command()(lambda: (_ for _ in ()).throw(typer.Exit(ends)))
    assert call(app) == Said(ends, "", "")


def test_a_traceback_that_is_asked_for_is_told() -> None:
    def fails() -> None:
        raise UserError("It is over.")

    app = typer.Typer(pretty_exceptions_enable=False)
    app.command()(fails)
    said = call(app, TRACEBACK="1")
    assert said.returncode == 1
    assert said.stderr.startswith("Traceback (most recent call last):\n")
    assert said.stderr.endswith("include.errors.UserError: It is over.\n")
