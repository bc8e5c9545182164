"""Sends the weekly churn report by hand: the marts as they are, to the connection telegram.

Without `AIRFLOW_CONN_TELEGRAM` in the environment or in `.env`, the report is only shown.
"""

from contextlib import closing
from typing import TYPE_CHECKING, Annotated

import typer

from include import command_line

if TYPE_CHECKING:
    from include.airflow.as_of import AsOf
    from include.connections import Connection
    from include.settings import Settings
    from include.telegram.ledger import State

app = typer.Typer(add_completion=False)


@app.command()
def send_report(
    as_of: Annotated[
        str, typer.Option(metavar="DATE", help="Only if the marts are as of this date: 2026-11-16.")
    ] = "latest",
    lang: Annotated[str, typer.Option(help="en or pt_BR; REPORT_LANG by default.")] = "",
    chat: Annotated[
        str, typer.Option(help="Other chats than the connection's, separated by commas.")
    ] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show it, send nothing.")] = False,
    check: Annotated[
        bool, typer.Option("--check", help="Only ask Telegram what the bot may do in each chat.")
    ] = False,
    test: Annotated[
        bool, typer.Option("--test", help="Send it marked as a test, however often.")
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Send it again, also where it was sent.")
    ] = False,
    resolve: Annotated[
        str,
        typer.Option(
            metavar="sent|resend",
            help="Where it is unknown whether it arrived: say that it did, or send it again.",
        ),
    ] = "",
) -> None:
    """Send the report of the marts as they are, or show it where there is no one to send it to."""
    from include.airflow.as_of import AsOf
    from include.connections import from_environment
    from include.report.publish import publish_report
    from include.settings import load_settings
    from include.warehouse.connection import find_warehouse

    expected = AsOf.parse(as_of)
    settled = _state(resolve)
    settings = load_settings()
    if lang:
        settings = settings.model_copy(update={"report_lang": lang})
    telegram = None if dry_run else from_environment("telegram")
    if check:
        _check(_needed(telegram), chat, settings)
    elif test:
        _test(_needed(telegram), chat, settings, expected)
    else:
        print(
            publish_report(
                find_warehouse(),
                telegram,
                settings,
                as_of=expected,
                chats=chat,
                force=force,
                resolve=settled,
            )
        )


def _state(resolve: str) -> "State | None":
    from include.errors import UserError
    from include.telegram.ledger import State

    states = {"": None, "sent": State.SENT, "resend": State.NOT_SENT}
    if resolve not in states:
        raise UserError(
            f"--resolve {resolve} is not possible: it is `sent` if the message is in the chat, or"
            " `resend` if it is not."
        )
    return states[resolve]


def _needed(telegram: "Connection | None") -> "Connection":
    from include.errors import UserError

    if telegram is None:
        raise UserError(
            "There is no connection telegram: set AIRFLOW_CONN_TELEGRAM in .env, as .env.example"
            " shows."
        )
    return telegram


def _check(telegram: "Connection", chats: str, settings: "Settings") -> None:
    """Print an answer a line; exit with 1 where the report could not be sent."""
    from include.errors import UserError
    from include.telegram.client import Telegram, recipients

    to = recipients(telegram, chats)
    is_ready = True
    with Telegram(to.token, settings.telegram_api_url) as client:
        print(f"✔ The token is valid: the bot is {client.name()}.")
        for chat in to.chats:
            try:
                may = client.check(chat)
            except UserError as error:
                print(f"✘ {error}")
                is_ready = False
                continue
            print(f"✔ The bot knows the chat {chat}.")
            for right, is_needed in (("post", True), ("pin", settings.report_pin)):
                does = "may" if may[right] else "may not"
                print(f"{'✔' if may[right] else '✘'} It {does} {right} in {chat}.")
                is_ready &= may[right] or not is_needed
    if not is_ready:
        raise typer.Exit(1)


def _test(telegram: "Connection", chats: str, settings: "Settings", as_of: "AsOf") -> None:
    """Send the report marked as a test; the ledger knows nothing of it."""
    from include.report.publish import print_report, report_parts
    from include.report.read import read_report
    from include.report.wording import Wording
    from include.telegram.client import Telegram, recipients
    from include.warehouse.connection import find_warehouse

    to = recipients(telegram, chats)
    with closing(find_warehouse().connect()) as connection:
        printout = print_report(read_report(connection, settings), settings, as_of)
    marker = Wording(settings.report_lang).text("test_marker")
    parts = [part for part in report_parts(printout, settings, marker=marker) if not part.is_empty]
    with Telegram(to.token, settings.telegram_api_url) as client:
        for chat in to.chats:
            first: int | None = None
            for part in parts:
                message_id = client.send(chat, part.content, reply_to=first)
                first = first or message_id
            print(f"{chat}: a test was sent.")


if __name__ == "__main__":
    command_line.run(app)
