"""The dbt models, their columns and their lineage as one page, to open or to pass on."""

import os
import shutil
import subprocess

import typer

from include import command_line
from include.airflow.environment import TARGET, dbt
from include.errors import UserError
from include.paths import OUT
from include.settings import load_settings
from include.warehouse import embedded
from include.warehouse.connection import find_warehouse

PAGE = OUT / "dbt_docs.html"

app = typer.Typer(add_completion=False)


@app.command(help=__doc__)
def docs() -> None:
    """Write the page; what the warehouse holds by now is told in it as well."""
    was_running = embedded.status() is not None
    try:
        env = os.environ | find_warehouse().as_environment()
        command = dbt(load_settings(), "--quiet", "docs", "generate", "--static")
        if subprocess.run(command, env=env, check=False).returncode != 0:
            raise UserError("The page could not be written: what dbt says of it is above.")
    finally:
        if not was_running:
            embedded.stop()
    OUT.mkdir(exist_ok=True)
    print(shutil.copy(TARGET / "static_index.html", PAGE))


if __name__ == "__main__":
    command_line.run(app)
