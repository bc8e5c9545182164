"""The last step, for the DAG and for the script: read the report, word it, send or show it.

Without a connection to Telegram the report is a preview: printed, and written for a browser.
"""

from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

import yaml

from include.airflow.as_of import LATEST, AsOf
from include.connections import Connection
from include.errors import UserError
from include.paths import DBT_PROJECT, OUT, write_whole
from include.report.customers import Table, as_csv, as_xlsx, customer_table
from include.report.history import History, read_history
from include.report.message import Message, build_message
from include.report.preview import WEEK_PAGE, preview
from include.report.read import Report, read_report
from include.report.render import telegram_caption
from include.report.told import note_told
from include.report.week_page import week_page
from include.report.wording import Wording
from include.settings import PersonalData, Settings
from include.telegram.ledger import Ledger, State
from include.warehouse.connection import Warehouse

if TYPE_CHECKING:
    from include.telegram.client import Button
    from include.telegram.deliver import Part

REPORT = "weekly_churn"
LIST = "list"
"""The part whose arrival means that the customers in it were told."""


@dataclass(frozen=True)
class Printout:
    """A report as it is sent or shown: the message, its chart, and the list of who is at risk."""

    report: Report
    message: Message
    chart: bytes
    customers: Table
    """Only its headings where there is no list."""


def publish_report(
    warehouse: Warehouse,
    telegram: Connection | None,
    settings: Settings,
    *,
    as_of: AsOf = LATEST,
    chats: str = "",
    force: bool = False,
    resolve: State | None = None,
    run_id: str = "",
    out: Path = OUT,
) -> str:
    """Send the report of the marts as they are, or preview it; say in a line a chat what happened.

    The week as one page is written to the folder `out` either way.

    Marts that were built as of another date than `as_of` are a UserError. `run_id` is that of the
    DAG's run. `deliver.deliver` tells which errors sending has, and what `force` and `resolve` do.
    """
    with closing(warehouse.connect()) as connection:
        printout = print_report(read_report(connection, settings), settings, as_of)
        page = page_of(printout, read_history(connection, printout.report.as_of_on), settings)
        if telegram is None:
            return preview(printout.message, printout.chart, csv_of(printout), page, out)

        # takes most of a second to import
        from include.telegram.client import Telegram, recipients
        from include.telegram.deliver import deliver

        to = recipients(telegram, chats)
        report = printout.report
        ledger = Ledger(connection, REPORT, report.week_starts_on)
        parts = report_parts(printout, settings, page, run_id=run_id)
        told = partial(note_told, connection, REPORT, report.week_starts_on, report.as_of_on)
        with Telegram(to.token, settings.telegram_api_url) as client:
            said = deliver(
                [replace(part, on_there=told) if part.name == LIST else part for part in parts],
                to.chats,
                client,
                ledger,
                pin=settings.report_pin,
                force=force,
                resolve=resolve,
            )
    try:
        write_whole(out / WEEK_PAGE, page)
    except OSError as error:  # a container need not let anything be written; the report is sent
        said.append(f"{out / WEEK_PAGE} could not be written: {error.strerror}.")
    return "\n".join(said)


def print_report(report: Report, settings: Settings, as_of: AsOf = LATEST) -> Printout:
    """Make everything of the report that does not depend on where it goes."""
    if as_of.on not in (None, report.as_of_on):
        raise UserError(
            f"The marts are built as of {report.as_of_on}, not {as_of}: build them for that date"
            f" with `make demo AS_OF={as_of}` or with the DAG's parameter as_of_date={as_of}."
        )
    # matplotlib takes a second to import, and the bot draws nothing until it is asked for a report
    from include.report.chart import churn_chart

    words = Wording(settings.report_lang)
    listed = () if settings.report_personal_data is PersonalData.NONE else report.customers_at_risk
    return Printout(
        report,
        build_message(report, settings.report_lang, churn_window_days()),
        churn_chart(report.trend, words),
        customer_table(listed, settings.report_personal_data, words),
    )


def page_of(printout: Printout, history: History, settings: Settings) -> bytes:
    """The week as one page."""
    return week_page(
        printout.report,
        printout.message,
        history,
        printout.customers,
        settings.report_dashboard_url,
    )


def report_parts(
    printout: Printout,
    settings: Settings,
    page: bytes | None = None,
    *,
    run_id: str = "",
    marker: str = "",
) -> list["Part"]:
    """The messages of the report: the chart with its caption, then the list as one or two files.

    Last comes the week as one page, where there is one and the settings ask for it.
    """
    from include.telegram.client import Document, Photo
    from include.telegram.deliver import Part

    words = Wording(settings.report_lang)
    caption = telegram_caption(printout.message, marker)
    photo = Photo(printout.chart, caption, _buttons(settings, run_id, words))
    # not the link to the run: every run has another
    identity = f"{caption}\n{printout.report.trend}\n{settings.report_dashboard_url}"
    parts = [Part("chart", photo, identity)]
    name = f"{words.text('list_file')}_{printout.report.as_of_on}"
    says = f"{words.text('list_caption')} {printout.message.prediction}".rstrip()
    is_empty = len(printout.customers) == 1
    csv = as_csv(printout.customers, words)
    listed = Document(f"{name}.csv", csv, words.text("list_empty") if is_empty else says)
    parts.append(Part(LIST, listed, f"{csv.decode()}{says}", is_empty))
    if settings.report_xlsx:
        workbook = replace(listed, name=f"{name}.xlsx", content=as_xlsx(printout.customers))
        parts.append(Part("workbook", workbook, f"{csv.decode()}{says}", is_empty))
    if settings.report_dashboard_file and page is not None:
        file = f"{words.text('week_file')}_{printout.report.week_starts_on}.html"
        says = words.text("week_caption")
        parts.append(Part("page", Document(file, page, says), f"{page.decode()}{says}"))
    return parts


def csv_of(printout: Printout) -> bytes | None:
    """The list as a file; None where there is none."""
    if len(printout.customers) == 1:
        return None
    return as_csv(printout.customers, Wording(printout.message.lang))


def churn_window_days() -> int:
    """The window that dbt builds the marts with: it is defined in the dbt project only."""
    project = yaml.safe_load((DBT_PROJECT / "dbt_project.yml").read_text(encoding="utf-8"))
    return int(project["vars"]["churn_window_days"])


def _buttons(settings: Settings, run_id: str, words: Wording) -> tuple["Button", ...]:
    from include.telegram.client import Button

    buttons = []
    if _is_public(settings.report_dashboard_url):
        buttons.append(Button(words.text("button_dashboard"), settings.report_dashboard_url))
        at_risk = f"{settings.report_dashboard_url}/at_risk"
        buttons.append(Button(words.text("button_at_risk"), at_risk))
    if _is_public(settings.report_airflow_url) and run_id:
        run = f"{settings.report_airflow_url}/dags/ecommerce_churn/runs/{quote(run_id, safe='')}"
        buttons.append(Button(words.text("button_airflow"), run))
    return tuple(buttons)


def _is_public(url: str) -> bool:
    """Whether Telegram takes a button with this address: it refuses those of this machine."""
    host = urlsplit(url).hostname or ""
    try:
        return not ip_address(host).is_loopback
    except ValueError:
        return "." in host
