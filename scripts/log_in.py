"""Log in to a source whose token changes with each use, such as Bling: `log_in.py bling`."""

import secrets
from typing import Annotated
from urllib.parse import parse_qs, urlsplit

import typer

from include import command_line
from include.errors import UserError

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def main(
    source: Annotated[str, typer.Argument(help="Name from include/sources.yml, such as bling.")],
) -> None:
    """Get the first refresh token of a source, and keep it encrypted in the warehouse."""
    from include.connections import from_environment
    from include.settings import load_settings
    from include.sync.login import login_to
    from include.sync.sources import connection_of, declared_sources
    from include.warehouse.connection import find_warehouse

    load_settings()  # with .env, in which the connection may be
    declared = declared_sources().get(source)
    if declared is None:
        raise UserError(f"include/sources.yml declares no source {source!r}.")
    connection = connection_of(declared, from_environment)
    login = login_to(declared, connection, find_warehouse())
    state = secrets.token_urlsafe(16)
    print(f"Open this, and allow it:\n\n{login.address_to_allow(state)}\n")
    print("You are led to the app's own address. Copy it from the browser, within a minute:")
    query = parse_qs(urlsplit(input().strip()).query)
    if query.get("state") != [state] or "code" not in query:
        raise UserError(
            "That is not the address that this login leads to, which has a code and a state in it:"
            " start again."
        )
    login.begin(query["code"][0])
    print(f"Logged in: {source} can be loaded.")


if __name__ == "__main__":
    command_line.run(app)
