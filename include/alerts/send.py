"""Sends an alert to `telegram_ops`, or to `telegram` where there is none: one a cause and day.

It is written to `out/alert.txt` first, as Telegram may be what failed. The day's alerts are in the
ledger of the reports; where the warehouse cannot be reached, which may be what the alert is about,
it is sent all the same.
"""

import logging
import re
from contextlib import closing
from datetime import datetime
from html import unescape
from zoneinfo import ZoneInfo

from include.connections import Connection
from include.errors import UserError
from include.settings import OUT, Settings

log = logging.getLogger(__name__)

PART = "alert"


def send_alert(
    html: str,
    cause: str,
    connection: Connection | None,
    settings: Settings,
    warehouse_url: str | None,
) -> None:
    """Send Telegram HTML, unless one of the same `cause` was sent today.

    UserError where it cannot be sent. The day is one of the shop's time zone.
    """
    from include.report.preview import write_whole

    written = OUT / "alert.txt"
    write_whole(written, _without_tags(html).encode())
    if connection is None:
        log.warning("No connection telegram: the alert is in %s.", written)
        return

    from include.report.deliver import Part, deliver
    from include.report.ledger import Ledger
    from include.report.telegram import Telegram, Text, recipients
    from include.warehouse.connection import connect
    from include.warehouse.locks import make_schemas

    to = recipients(connection)
    today = datetime.now(ZoneInfo(settings.shop_time_zone)).date()
    with Telegram(to.token, settings.telegram_api_url) as telegram:
        try:
            warehouse = connect(warehouse_url or "")
            make_schemas(warehouse, "ops")  # the alert may be that this is not allowed
        except UserError:
            for chat in to.chats:
                telegram.send(chat, Text(html))
            log.info("Alert sent; the warehouse, which remembers alerts, cannot be used.")
            return
        with closing(warehouse):
            ledger = Ledger(warehouse, f"alert: {cause}", today)
            part = Part(PART, Text(html), cause)
            for said in deliver([part], to.chats, telegram, ledger, advice=""):
                log.info("%s", said)


def _without_tags(html: str) -> str:
    return unescape(re.sub(r"</?\w+>", "", html)) + "\n"
