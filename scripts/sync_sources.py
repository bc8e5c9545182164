"""Bring declared sources up to date: `sync_sources.py [SOURCE …]`, the active ones by default."""

from typing import Annotated

import typer

from include import command_line
from include.errors import UserError

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def main(
    sources: Annotated[
        list[str] | None, typer.Argument(help="Names from include/sources.yml.")
    ] = None,
    full: Annotated[
        bool, typer.Option("--full", help="Read everything, and delete what is not there any more.")
    ] = False,
) -> None:
    """Load what changed in the sources since the last time into the schema `landing`."""
    from include.connections import from_environment
    from include.settings import load_settings
    from include.sync.sources import active_sources, connection_of, declared_sources
    from include.sync.sync import sync
    from include.warehouse.connection import find_warehouse

    settings = load_settings()
    declared = declared_sources()
    for name in sources or []:
        if name not in declared:
            raise UserError(
                f"include/sources.yml declares no source {name!r} (known: {', '.join(declared)})."
            )
    chosen = [declared[name] for name in sources] if sources else active_sources(settings)
    if not chosen:
        raise UserError(
            "None of the sources in SHOP_SOURCES is declared in include/sources.yml: name those to"
            f" load, of {', '.join(declared)}."
        )
    warehouse = find_warehouse()
    for source in chosen:
        if not sources and source.may_be_files and from_environment(source.name) is None:
            print(f"{source.name}: no connection, its exports come with the weekly run")
            continue
        connection = connection_of(source, from_environment)
        for table in source.tables:
            sync(source, table, warehouse, connection, full=full)


if __name__ == "__main__":
    command_line.run(app)
