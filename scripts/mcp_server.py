"""The marts for an assistant on this machine, by stdio; docs/api.md says how it is told of it."""

from typing import Annotated

import typer

from include import command_line
from include.dashboard import readers
from include.dashboard.api.mcp_server import create_server

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def serve(
    personal: Annotated[
        bool, typer.Option("--personal", help="It sees names and e-mail addresses, too.")
    ] = False,
) -> None:
    """Answer an assistant until it goes away."""
    create_server(lambda: readers.pool(personal=personal)).run("stdio")


if __name__ == "__main__":
    command_line.run(app)
