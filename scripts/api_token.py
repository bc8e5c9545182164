"""Who may ask the API: tokens are made, listed and revoked. docs/api.md says what they are for."""

from contextlib import closing
from typing import Annotated

import typer

from include import command_line
from include.dashboard.api import tokens
from include.warehouse.bookkeeping import prepare
from include.warehouse.connection import find_warehouse

app = typer.Typer(
    help="Tokens of the API: make, list, revoke.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

Name = Annotated[str, typer.Argument(help="What it is for, such as the program that gets it.")]


@app.command()
def make(
    name: Name,
    scope: Annotated[
        list[str] | None,
        typer.Option(help="read, read:personal (names and e-mail addresses, too) or sales."),
    ] = None,
) -> None:
    """Make a token and print it: it is shown this once, and only its hash is kept."""
    with closing(find_warehouse().connect()) as warehouse:
        prepare(warehouse, "ops")
        print(tokens.make(warehouse, name, scope or ["read"]))


@app.command(name="list")
def list_tokens() -> None:
    """Print whose tokens there are, and what each is good for."""
    with closing(find_warehouse().connect()) as warehouse:
        prepare(warehouse, "ops")
        for token in tokens.listed(warehouse):
            state = f"revoked on {token.revoked_at:%Y-%m-%d}" if token.revoked_at else "good"
            made = f"made on {token.made_at:%Y-%m-%d}"
            print(f"{token.name}: {', '.join(token.scopes)}; {made}, {state}")


@app.command()
def revoke(name: Name) -> None:
    """Let nobody in by a token any more, from the next request on."""
    with closing(find_warehouse().connect()) as warehouse:
        prepare(warehouse, "ops")
        tokens.revoke(warehouse, name)
    print(f"The token {name} is good for nothing any more.")


if __name__ == "__main__":
    command_line.run(app)
