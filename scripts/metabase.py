"""Connects a Metabase to the warehouse: run it once, and again after a change of its address."""

import typer

from include import command_line

app = typer.Typer(add_completion=False)


@app.command(help=__doc__)
def metabase() -> None:
    """Set up the Metabase of the connection `metabase`; docs/bi.md tells of both addresses."""
    from include.connections import from_environment
    from include.errors import UserError
    from include.metabase import set_up
    from include.warehouse.reader import find_reader

    there = from_environment("metabase")
    if there is None:
        raise UserError(
            "There is no connection AIRFLOW_CONN_METABASE with the address of a Metabase and its"
            " administrator: docs/bi.md says how to write it."
        )
    set_up(there, find_reader(), typer.echo)


if __name__ == "__main__":
    command_line.run(app)
