"""The last step, for the DAG and for the script: read the report, word it, send or show it.

Without a connection to Telegram the report is a preview: printed, and written for a browser.
"""

from contextlib import closing
from datetime import date
from pathlib import Path

import yaml

from include.connections import Connection
from include.errors import UserError
from include.report.message import build_message
from include.report.preview import preview
from include.report.read import read_report
from include.report.render import telegram_html
from include.settings import DBT_PROJECT, OUT
from include.warehouse.connection import connect


def publish_report(
    warehouse_url: str,
    telegram: Connection | None,
    lang: str,
    api_url: str,
    *,
    as_of: date | None = None,
    out: Path = OUT,
) -> str:
    """Send the report of the marts as they are, or preview it; say in one line what happened.

    With `as_of`, marts that were built as of another date are a UserError; `deliver.send_message`
    tells which errors sending has.
    """
    with closing(connect(warehouse_url)) as connection:
        report = read_report(connection)
    if as_of is not None and report.as_of_on != as_of:
        raise UserError(
            f"The marts are built as of {report.as_of_on}, not {as_of}: build them for that date"
            f" with `make demo AS_OF={as_of}` or with the DAG's parameter as_of_date={as_of}."
        )
    message = build_message(report, lang, churn_window_days())
    if telegram is None:
        return preview(message, out)

    from include.report.deliver import recipient, send_message  # takes most of a second to import

    to = recipient(telegram)
    sent = send_message(telegram_html(message), to.token, to.chat_id, api_url)
    return f"Sent to {sent.chat_id} as message {sent.message_id}."


def churn_window_days() -> int:
    """The window that dbt builds the marts with: it is defined in the dbt project only."""
    project = yaml.safe_load((DBT_PROJECT / "dbt_project.yml").read_text(encoding="utf-8"))
    return int(project["vars"]["churn_window_days"])
