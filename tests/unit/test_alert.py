"""A failure alert says which task failed and why, keeps secrets, and never fails itself."""

import logging
import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from include import connections
from include.connections import Connection
from include.errors import UserError
from include.report import alert
from include.report.alert import failure_alert, scrub, send_failure_alert
from tests.integration.fake_telegram import Refusal, fake_telegram, parse_html

TOKEN = "123456789:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsawE"
CHAT = "-1001234567890"
LOG_URL = "http://localhost:8080/dags/ecommerce_churn/runs/r1/tasks/report?try_number=1"


def text_of(error: BaseException | str | None, lang: str = "en", **more: Any) -> str:
    fields: dict[str, Any] = {
        "dag_id": "ecommerce_churn",
        "task_id": "dbt.marts.rpt_weekly_report",
        "run_id": "scheduled__2026-11-16T11:00:00+00:00",
        "as_of": date(2026, 11, 16),
        "log_url": LOG_URL,
        "error": error,
        "lang": lang,
    }
    return failure_alert(**fields | more)


def context(error: BaseException | str | None, **more: Any) -> Any:
    task = SimpleNamespace(
        dag_id="ecommerce_churn", task_id="report", run_id="r1", try_number=1, log_url=LOG_URL
    )
    fields: dict[str, Any] = {
        "ti": task,
        "task_instance": task,
        "exception": error,
        "params": {},
        "data_interval_end": datetime(2026, 11, 16, 11, tzinfo=UTC),
    }
    return fields | more


@pytest.fixture
def telegram(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, Connection | None]:
    """What Airflow knows as the connection telegram; none at first. Alerts go to `tmp_path`."""
    known: dict[str, Connection | None] = {"telegram": None}
    monkeypatch.setattr(connections, "from_airflow", known.__getitem__)
    monkeypatch.setattr(alert, "OUT", tmp_path)
    return known


def connection(chat: str = CHAT) -> Connection:
    return Connection("telegram", chat, None, None, TOKEN, None)


def test_it_names_the_dag_the_task_the_run_the_date_the_reason_and_the_log() -> None:
    assert parse_html(text_of(UserError("The folder x is missing: give another one.")))[0] == (
        "🚨 A task failed\n"
        "DAG: ecommerce_churn\n"
        "Task: dbt.marts.rpt_weekly_report\n"
        "Run: scheduled__2026-11-16T11:00:00+00:00\n"
        "As of: Nov 16, 2026\n"
        "The folder x is missing: give another one.\n"
        f"Log: {LOG_URL}"
    )


def test_it_speaks_the_language_of_the_report() -> None:
    text = text_of(UserError("x"), lang="pt_BR")
    assert "Uma tarefa falhou" in text
    assert "Posição em: <b>16 de nov. de 2026</b>" in text


def test_an_error_that_is_no_sentence_is_named_by_its_type() -> None:
    assert "<blockquote>KeyError: 'orders'</blockquote>" in text_of(KeyError("orders"))
    assert "<blockquote>ValueError</blockquote>" in text_of(ValueError())


def test_without_an_error_it_points_to_the_log() -> None:
    assert "The task gave no reason: see its log." in text_of(None)


def test_the_error_is_escaped_and_cut() -> None:
    text, entities = parse_html(text_of(UserError("<script> & <b>" + "x" * 10_000)))
    assert "<script> & <b>xxx" in text
    assert len(text) < 1000
    assert len(entities) < 10


@pytest.mark.parametrize(
    ("secret", "text"),
    [
        (TOKEN, f"POST https://api.telegram.org/bot{TOKEN}/sendMessage failed"),
        ("s3cr:et", "could not connect to postgresql://shop:s3cr:et@db:5432/shop"),
        ("p@ss", "could not connect to postgresql://shop:p@ss@db:5432/shop"),
        ("hunter2", "connection failed: host=db password=hunter2 user=shop"),
        ("hunter2", "{'host': 'db', 'password': 'hunter2'}"),
        ("hunter 2", '{"api_key": "hunter 2"}'),
        ("abc", "AIRFLOW_CONN_TELEGRAM=telegram://:abc%40x"),
    ],
)
def test_what_looks_like_a_secret_is_not_in_it(secret: str, text: str) -> None:
    assert secret not in text_of(RuntimeError(text))


def test_known_secrets_are_not_in_it_whatever_they_look_like() -> None:
    assert scrub("the word is swordfish", ("swordfish",)) == "the word is ***"


def test_a_sentence_about_a_token_is_left_as_it_is() -> None:
    sentence = "Telegram refuses the token: get a valid one at https://t.me/BotFather, 12:30."
    assert scrub(sentence) == sentence


def test_it_is_sent_to_the_connection_telegram(
    telegram: dict[str, Connection | None], monkeypatch: pytest.MonkeyPatch
) -> None:
    telegram["telegram"] = connection()
    with fake_telegram(TOKEN, CHAT) as server:
        monkeypatch.setenv("TELEGRAM_API_URL", server.url)
        send_failure_alert(context(UserError("It broke: mend it.")))
    [message] = server.delivered
    assert "It broke: mend it." in message.text
    assert "As of: Nov 16, 2026" in message.text


def test_without_the_connection_it_is_written_to_a_file(
    telegram: dict[str, Connection | None], tmp_path: Path
) -> None:
    send_failure_alert(context(UserError("1 < 2 & so on")))
    text = (tmp_path / "alert.txt").read_text()
    assert "1 < 2 & so on" in text
    assert "<b>" not in text
    assert LOG_URL in text


def test_the_as_of_date_is_the_parameter_of_the_run_where_it_has_one(
    telegram: dict[str, Connection | None], tmp_path: Path
) -> None:
    send_failure_alert(context("x", params={"as_of_date": "2026-10-05"}))
    assert "As of: Oct 5, 2026" in (tmp_path / "alert.txt").read_text()


def test_the_as_of_date_is_of_the_shop_s_time_zone(
    telegram: dict[str, Connection | None], tmp_path: Path
) -> None:
    night = datetime(2026, 11, 17, 1, tzinfo=UTC)  # still the 16th in São Paulo
    send_failure_alert(context("x", data_interval_end=night))
    assert "As of: Nov 16, 2026" in (tmp_path / "alert.txt").read_text()


@pytest.mark.parametrize("given", ["latest", "16/11/2026"])
def test_a_date_that_is_not_known_or_wrong_does_not_stop_the_alert(
    telegram: dict[str, Connection | None], tmp_path: Path, given: str
) -> None:
    send_failure_alert(context("x", params={"as_of_date": given}))
    assert "A task failed" in (tmp_path / "alert.txt").read_text()
    assert "As of" not in (tmp_path / "alert.txt").read_text()


def test_an_alert_that_telegram_refuses_is_logged_and_not_raised(
    telegram: dict[str, Connection | None],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    telegram["telegram"] = connection("-42")
    with fake_telegram(TOKEN, CHAT) as server:
        monkeypatch.setenv("TELEGRAM_API_URL", server.url)
        send_failure_alert(context(UserError("x")))
    assert "Telegram does not know the chat -42" in caplog.text
    assert TOKEN not in caplog.text


def test_whatever_breaks_inside_it_is_logged_without_its_text(
    telegram: dict[str, Connection | None], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    nonsense: Any = {f"https://api.telegram.org/bot{TOKEN}": None}
    send_failure_alert(nonsense)
    assert "The alert of this failure was not sent: KeyError." in caplog.text
    assert TOKEN not in caplog.text


def test_a_token_that_is_refused_is_not_in_the_log(
    telegram: dict[str, Connection | None],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    telegram["telegram"] = connection()
    with fake_telegram("987654321:another", CHAT) as server:
        server.fail(Refusal(401, "Unauthorized"))
        monkeypatch.setenv("TELEGRAM_API_URL", server.url)
        send_failure_alert(context(UserError("x")))
    assert "Telegram refuses the token" in caplog.text
    assert TOKEN not in caplog.text


def test_importing_it_loads_nothing_heavy() -> None:
    heavy = {"telegram", "httpx", "babel", "pandas", "airflow", "psycopg2"}
    code = f"import sys, include.report.alert; print(*({heavy!r} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
