"""A shop's files and models tried out in seconds: `check_shop.py --source NAME [--data DIR]`.

It loads the files, builds the models up to the shop's totals, in schemas of its own (check_landing
to check_marts), and prints the totals, the rows that were set aside, and the tests that failed.
"""

import time
from pathlib import Path
from typing import Annotated

import typer

from include import command_line

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command(help=__doc__)
def main(
    source: Annotated[str, typer.Option(help="Name of the source: a folder of models/staging.")],
    data: Annotated[str, typer.Option(help="Folder with its files; else its own.")] = "",
) -> None:
    """Check one shop; the exit code is 1 where a model or a test failed."""
    from include.new_shop.check import check
    from include.paths import DBT_PROJECT, absolute
    from include.settings import load_settings
    from include.warehouse.connection import find_warehouse

    began = time.monotonic()
    folder = absolute(data, Path.cwd()) if data else load_settings().data_folder(source)
    checked = check(find_warehouse(), source, folder, DBT_PROJECT, print)
    print()
    for line in checked.warned:
        print(f"warning: {line}")
    for line in checked.failed:
        print(f"failed: {line}")
    print(f"{'Failed' if checked.failed else 'Passed'} in {time.monotonic() - began:.0f} s.")
    raise typer.Exit(1 if checked.failed else 0)


if __name__ == "__main__":
    command_line.run(app)
