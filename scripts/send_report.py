"""Sends the weekly churn report by hand: the marts as they are, to the connection telegram.

Without `AIRFLOW_CONN_TELEGRAM` in the environment or in `.env`, the report is only shown.
"""

from typing import Annotated

import typer

from include import command_line

app = typer.Typer(add_completion=False)


@app.command()
def send_report(
    as_of: Annotated[
        str, typer.Option(metavar="DATE", help="Only if the marts are as of this date: 2026-11-16.")
    ] = "",
    lang: Annotated[str, typer.Option(help="en or pt_BR; REPORT_LANG by default.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show it, send nothing.")] = False,
) -> None:
    """Send the report of the marts as they are, or show it where there is no one to send it to."""
    from include.as_of import parse_date
    from include.connections import from_environment
    from include.report.publish import publish_report
    from include.settings import load_settings
    from include.warehouse.connection import warehouse_url

    expected = parse_date(as_of) if as_of else None
    settings = load_settings()
    telegram = None if dry_run else from_environment("telegram")
    print(
        publish_report(
            warehouse_url(),
            telegram,
            lang or settings.report_lang,
            settings.telegram_api_url,
            as_of=expected,
        )
    )


if __name__ == "__main__":
    command_line.run(app)
