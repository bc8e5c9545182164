"""How every script ends: a UserError is one sentence on stderr and exit code 1, not a traceback."""

import os
import sys

import typer

from include.errors import UserError


def run(app: typer.Typer) -> None:
    """Run a typer app; TRACEBACK=1 in the environment lets the traceback through."""
    try:
        app()
    except UserError as error:
        if os.environ.get("TRACEBACK"):
            raise
        sys.exit(f"error: {error}")
