"""Load a real shop's files into the warehouse: `load_files.py --source NAME --data DIR`."""

from pathlib import Path
from typing import Annotated

import typer

from include import command_line

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def main(
    source: Annotated[str, typer.Option(help="Name of the source: a folder of models/staging.")],
    data: Annotated[Path, typer.Option(help="Folder with the shop's CSV, Excel, Parquet files.")],
) -> None:
    """Load every data file of a folder into the schema `landing`, all of them or none."""
    from include.paths import DBT_PROJECT, absolute
    from include.settings import load_settings
    from include.warehouse.connection import find_warehouse
    from include.warehouse.load_files import load_files

    may_shrink = load_settings().shop_data_may_shrink
    folder = absolute(data, Path.cwd())
    load_files(find_warehouse(), source, folder, DBT_PROJECT, may_shrink=may_shrink)


if __name__ == "__main__":
    command_line.run(app)
