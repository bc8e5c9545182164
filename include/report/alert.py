"""Tells the channel that a task failed: which one, of which run, why, and where its log is.

An alert never raises: one that cannot be sent must not hide the failure it is about. The module is
imported whenever Airflow reads the DAGs, so everything heavy is imported where it is used.
"""

import logging
import re
from contextlib import suppress
from datetime import date
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from include.errors import UserError
from include.settings import OUT, load_settings

if TYPE_CHECKING:
    from airflow.sdk import Context

log = logging.getLogger(__name__)

_LONGEST_REASON = 400
_LONGEST_NAME = 200
_LONGEST_ADDRESS = 500

_SECRETS = re.compile(
    r"(?P<url>\w://)[^\s/]*@"  # login and password in a URL
    r"|(?<!\d)\d{5,}:[\w-]{20,}"  # a bot's token
    r"|(?P<connection>AIRFLOW_CONN_\w+=)\S+"
    r"|(?P<name>(?:password|passwd|pwd|secret|token|api_?key)[\"']?\s*(?:=|:(?=\s*[\"']))\s*)"
    r"(?:\"[^\"]*\"|'[^']*'|[^\s,;&]+)",
    re.IGNORECASE,
)


def failure_alert(
    *,
    dag_id: str,
    task_id: str,
    run_id: str,
    as_of: date | None,
    log_url: str,
    error: BaseException | str | None,
    lang: str,
    secrets: tuple[str, ...] = (),
) -> str:
    """The alert in Telegram's HTML: at most a few hundred characters, escaped, without secrets."""
    from include.report.message import plain
    from include.report.wording import Wording

    words = Wording(lang)
    lines = [
        f"🚨 <b>{escape(words.text('alert_title'), quote=False)}</b>",
        _line(words.text("alert_dag"), plain(dag_id, _LONGEST_NAME)),
        _line(words.text("alert_task"), plain(task_id, _LONGEST_NAME)),
        _line(words.text("alert_run"), plain(run_id, _LONGEST_NAME)),
    ]
    if as_of is not None:
        lines.append(_line(words.text("alert_as_of"), words.day(as_of)))
    reason = plain(scrub(_sentence(error), secrets), _LONGEST_REASON)
    reason = reason or words.text("alert_silent")
    lines.append(f"<blockquote>{escape(reason, quote=False)}</blockquote>")
    # The address itself and not a link with a name: Telegram drops links to localhost.
    lines.append(_line(words.text("alert_log"), plain(scrub(log_url, secrets), _LONGEST_ADDRESS)))
    return "\n".join(lines)


def send_failure_alert(context: "Context") -> None:
    """Airflow's `on_failure_callback`: alert in `out/`, and through the connection telegram."""
    try:
        _alert(context, OUT)
    except UserError as error:
        log.error("The alert of this failure was not sent: %s", error)
    except Exception as error:
        # Its text may quote a URL, and with it the token; the type has to be enough.
        log.error("The alert of this failure was not sent: %s.", type(error).__name__)


def _alert(context: "Context", out: Path) -> None:
    from include.connections import from_airflow

    settings = load_settings()
    telegram = from_airflow("telegram")
    task = context["ti"]
    text = failure_alert(
        dag_id=task.dag_id,
        task_id=task.task_id,
        run_id=task.run_id,
        as_of=_as_of(context, settings.shop_time_zone),
        log_url=str(getattr(task, "log_url", "")),
        error=context.get("exception"),
        lang=settings.report_lang,
        secrets=(telegram.password,) if telegram and telegram.password else (),
    )
    from include.report.preview import write_whole

    write_whole(out / "alert.txt", _without_tags(text))  # first: Telegram may be what failed
    if telegram is None:
        log.warning("No connection telegram: the alert is in %s.", out / "alert.txt")
        return

    from include.report.deliver import recipient, send_message

    to = recipient(telegram)
    sent = send_message(text, to.token, to.chat_id, settings.telegram_api_url)
    log.info("Alert sent to %s as message %d.", sent.chat_id, sent.message_id)


def scrub(text: str, secrets: tuple[str, ...] = ()) -> str:
    """The text without `secrets`, and without whatever looks like a password or a token."""
    for secret in secrets:
        text = text.replace(secret, "***")
    return _SECRETS.sub(
        lambda found: (
            f"{found['url'] or found['connection'] or found['name'] or ''}***"
            + ("@" if found["url"] else "")
        ),
        text,
    )


def _sentence(error: BaseException | str | None) -> str:
    """What a person needs of an error: a sentence as it is, anything else with its type."""
    if error is None or isinstance(error, str):
        return error or ""
    text = str(error).strip()
    is_sentence = isinstance(error, UserError) or type(error).__module__.startswith(
        ("airflow.", "cosmos.")
    )
    return text if text and is_sentence else f"{type(error).__name__}: {text}".rstrip(": ")


def _as_of(context: "Context", time_zone: str) -> date | None:
    """The run's as-of date; None where only the data tell it, or where it is what went wrong."""
    from include.as_of import as_of_date

    with suppress(Exception):
        return date.fromisoformat(as_of_date(context, time_zone))
    return None


def _line(label: str, value: str) -> str:
    return f"{escape(label, quote=False)}: <b>{escape(value, quote=False)}</b>"


def _without_tags(text: str) -> str:
    from html import unescape

    return unescape(re.sub(r"</?\w+>", "", text)) + "\n"
