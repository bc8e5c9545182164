"""The bot to ask about the shop: answers in the report's chats until Ctrl-C."""

import logging

import typer

from include import command_line

app = typer.Typer(add_completion=False)


@app.command(help=__doc__)
def bot() -> None:
    """Answer questions from the marts as they are, read-only."""
    from include.bot.application import run
    from include.connections import from_environment
    from include.settings import load_settings
    from include.warehouse.connection import find_warehouse

    settings = load_settings()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    run(from_environment("telegram"), from_environment("telegram_ops"), find_warehouse, settings)


if __name__ == "__main__":
    command_line.run(app)
