"""Shows a report where it is not sent: printed, and as files for the terminal and the browser."""

from pathlib import Path

import typer

from include.paths import write_whole
from include.report.message import Mark, Message
from include.report.render import html_page, plain_text

CHART = "report.png"
LIST = "customers_at_risk.csv"
WEEK_PAGE = "dashboard.html"
FILES = ("report.txt", "report.html", CHART, LIST, WEEK_PAGE)
"""What is written; the list only where there is one."""

_COLOURS = {Mark.GOOD: typer.colors.GREEN, Mark.BAD: typer.colors.RED, Mark.EVEN: None}


def preview(
    message: Message, chart: bytes, customers: bytes | None, week_page: bytes, out: Path
) -> str:
    """Print the message, and write it, its chart, the list and the week's page to a folder."""
    text = plain_text(message)
    verdict, rest = text.split("\n", 1)
    # colours only where there is a terminal to show them
    typer.secho(verdict, fg=_COLOURS[message.mark], bold=True)
    typer.echo(rest)
    for name in FILES:
        (out / name).unlink(missing_ok=True)
    write_whole(out / "report.txt", text.encode())
    write_whole(out / CHART, chart)
    if customers is not None:
        write_whole(out / LIST, customers)
    page = html_page(message, chart, LIST if customers else "", len(customers or b""))
    write_whole(out / "report.html", page.encode())
    write_whole(out / WEEK_PAGE, week_page)
    return f"Nothing was sent: the report is in {out / 'report.txt'} and {out / 'report.html'}."
