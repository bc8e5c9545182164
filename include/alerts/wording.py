"""Words the alerts, in Telegram's HTML: at most a few hundred characters, escaped, no secrets."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from html import escape

from include.errors import UserError
from include.report.message import in_words
from include.report.read import Signal
from include.report.text import plain
from include.report.wording import Wording
from include.secrets import scrub
from include.sync.behind import Behind

_LONGEST_REASON = 400
_LONGEST_NAME = 200
_LONGEST_ADDRESS = 500
_MOST_TESTS = 5


@dataclass(frozen=True)
class Task:
    """A task that failed, in which run, and where its log is; empty what is not known."""

    dag_id: str
    task_id: str
    run_id: str
    as_of: date | None
    log_url: str


def failure_alert(
    task: Task,
    error: BaseException | str | None,
    words: Wording,
    *,
    failed_tests: tuple[str, ...] = (),
    secrets: tuple[str, ...] = (),
) -> str:
    """Says that a task failed, and why; or which data tests did not pass."""
    lines = [
        _title("alert_tests_title" if failed_tests else "alert_title", words),
        _line(words.text("alert_dag"), plain(task.dag_id, _LONGEST_NAME)),
    ]
    if task.task_id:
        lines.append(_line(words.text("alert_task"), plain(task.task_id, _LONGEST_NAME)))
    lines.append(_line(words.text("alert_run"), plain(task.run_id, _LONGEST_NAME)))
    if task.as_of is not None:
        lines.append(_line(words.text("alert_as_of"), words.day(task.as_of)))
    if failed_tests:
        lines.extend(
            f"▸ {_data(plain(name, _LONGEST_NAME))}" for name in failed_tests[:_MOST_TESTS]
        )
        if len(failed_tests) > _MOST_TESTS:
            lines.append(f"▸ … {words.count(len(failed_tests) - _MOST_TESTS)}")
    else:
        reason = plain(scrub(_sentence(error), secrets), _LONGEST_REASON)
        lines.append(f"<blockquote>{_data(reason or words.text('alert_silent'))}</blockquote>")
    # The address itself and not a link with a name: Telegram drops links to localhost.
    if task.log_url:
        log_url = plain(scrub(task.log_url, secrets), _LONGEST_ADDRESS)
        lines.append(_line(words.text("alert_log"), log_url))
    return "\n".join(lines)


def late_alert(dag_id: str, run_id: str, words: Wording) -> str:
    """Says that a run had not ended when its deadline came."""
    return "\n".join(
        [
            _title("alert_late_title", words),
            _line(words.text("alert_dag"), plain(dag_id, _LONGEST_NAME)),
            _line(words.text("alert_run"), plain(run_id, _LONGEST_NAME)),
        ]
    )


def unusual_churn_alert(
    week: tuple[date, date], rate: Decimal, signal: Signal, words: Wording
) -> str:
    """Says that the churn rate of a week is not as usual."""
    says = words.text(
        "alert_churn", rate=words.rate(rate), signal=in_words(signal, words.rate, words)
    )
    return "\n".join([_title("alert_churn_title", words), words.days(*week), _data(says)])


def source_alert(behind: Behind, words: Wording) -> str:
    """Says that a source is paused, and why, or that it is old; and what it knows until when."""
    is_paused = behind.paused_because is not None
    day = behind.last_loaded_on
    lines = [
        _title("alert_paused_title" if is_paused else "alert_old_title", words),
        _line(words.text("alert_source"), plain(behind.source, _LONGEST_NAME)),
        _line(
            words.text("alert_last_loaded"), words.day(day) if day else words.text("alert_never")
        ),
    ]
    if behind.paused_because is not None:
        reason = plain(scrub(behind.paused_because), _LONGEST_REASON)
        lines.append(f"<blockquote>{_data(reason)}</blockquote>")
    lines.append(_data(words.text("alert_paused" if is_paused else "alert_old")))
    return "\n".join(lines)


def _sentence(error: BaseException | str | None) -> str:
    """What a person needs of an error: a sentence as it is, anything else with its type."""
    if error is None or isinstance(error, str):
        return error or ""
    text = str(error).strip()
    is_sentence = isinstance(error, UserError) or type(error).__module__.startswith(
        ("airflow.", "cosmos.")
    )
    return text if text and is_sentence else f"{type(error).__name__}: {text}".rstrip(": ")


def _title(key: str, words: Wording) -> str:
    return f"🚨 <b>{_data(words.text(key))}</b>"


def _line(label: str, value: str) -> str:
    return f"{_data(label)}: <b>{_data(value)}</b>"


def _data(text: str) -> str:
    return escape(text, quote=False)
