"""Sends an alert to `telegram_ops`, or to `telegram` where there is none: one a cause and day.

It is written to `out/alert.txt` first, as Telegram may be what failed. The day's alerts are in the
ledger of the reports. Where the file cannot be written, or the warehouse not be reached or not be
written to, which may be what the alert is about, it is sent all the same.
"""

import logging
import re
from contextlib import ExitStack, closing, suppress
from datetime import date, datetime
from html import unescape
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from include.connections import Connection
from include.errors import UserError
from include.paths import OUT, write_whole
from include.settings import Settings

if TYPE_CHECKING:
    from include.warehouse.connection import Warehouse

log = logging.getLogger(__name__)

PART = "alert"
FILE = "alert.txt"


def send_alert(
    html: str,
    cause: str,
    connection: Connection | None,
    settings: Settings,
    warehouse: "Warehouse | None",
    *,
    day: date | None = None,
    keep_file: bool = False,
) -> None:
    """Send Telegram HTML, unless one of the same `cause` was sent for the same day.

    It is today, in the shop's time zone, unless the cause has a `day` of its own. `keep_file`
    leaves the alert that was written before. UserError where it cannot be sent.
    """
    if not keep_file:
        _write(html)
    if connection is None:
        log.warning("No connection telegram: the alert is in %s.", OUT / FILE)
        return

    import psycopg2

    from include.telegram.client import Telegram, Text, recipients
    from include.telegram.deliver import Part, deliver
    from include.telegram.ledger import Ledger

    to = recipients(connection)
    day = day or datetime.now(ZoneInfo(settings.shop_time_zone)).date()
    with ExitStack() as stack:
        telegram = stack.enter_context(Telegram(to.token, settings.telegram_api_url))
        ledger = None
        if warehouse is not None:
            # the alert may be that it is not reached, or that its tables may not be made
            with suppress(UserError, psycopg2.Error):
                database = stack.enter_context(closing(warehouse.connect()))
                ledger = Ledger(database, f"alert: {cause}", day)
        if ledger is not None:
            part = Part(PART, Text(html), cause)
            try:
                for said in deliver([part], to.chats, telegram, ledger, advice=""):
                    log.info("%s", said)
                return
            except psycopg2.Error as error:
                # its words may quote the address; the disk may be full, or it only reads
                log.warning("The ledger cannot be kept: %s.", type(error).__name__)
        for chat in to.chats:
            telegram.send(chat, Text(html))
        log.info("Alert sent; the warehouse, which remembers alerts, cannot be used.")


def is_written(*words: str) -> bool:
    """Whether the last alert that was written names all of this."""
    try:
        text = (OUT / FILE).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return False
    return all(word in text for word in words)


def _write(html: str) -> None:
    try:
        write_whole(OUT / FILE, _without_tags(html).encode())
    except OSError as error:
        log.warning("The alert is not in %s: %s.", OUT / FILE, error.strerror)


def _without_tags(html: str) -> str:
    return unescape(re.sub(r"</?\w+>", "", html)) + "\n"
