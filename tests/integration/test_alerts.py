"""Alerts say what went wrong, once a day and cause, keep secrets, and never fail themselves."""

import asyncio
import errno
import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psycopg2
import pytest

from include import connections
from include.alerts import send
from include.alerts.callbacks import (
    churn_is_unusual,
    run_failed,
    run_is_late,
    source_is_paused,
    sources_are_behind,
    task_failed,
)
from include.alerts.wording import Task, failure_alert
from include.connections import Connection, from_uri
from include.errors import UserError
from include.report.wording import Wording
from include.secrets import scrub
from include.settings import Settings
from include.sync.behind import Behind, sources_behind
from include.sync.loads import Load, note
from include.sync.sources import declared_sources
from include.warehouse import connection as warehouse_connection
from include.warehouse.connection import Warehouse
from tests.support import marts
from tests.support.fake_telegram import (
    CHAT,
    TOKEN,
    FakeTelegram,
    HangUp,
    Refusal,
    fake_telegram,
    parse_html,
)

OPS = "-1005555555555"
LOG_URL = "http://localhost:8080/dags/ecommerce_churn/runs/r1/tasks/report?try_number=1"


def text_of(
    error: BaseException | str | None, lang: str = "en", failed_tests: tuple[str, ...] = ()
) -> str:
    task = Task(
        "ecommerce_churn",
        "dbt.marts.rpt_weekly_report",
        "scheduled__2026-11-16T11:00:00+00:00",
        date(2026, 11, 16),
        LOG_URL,
    )
    return failure_alert(task, error, Wording(lang), failed_tests=failed_tests)


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
    """What Airflow knows as its connections; none at first. Alerts go to `tmp_path`."""
    known: dict[str, Connection | None] = {}
    monkeypatch.setattr(connections, "from_airflow", known.get)

    async def known_async(conn_id: str) -> Connection | None:
        return known.get(conn_id)

    monkeypatch.setattr(connections, "from_airflow_async", known_async)
    monkeypatch.setattr(warehouse_connection, "from_airflow", known.get)
    monkeypatch.setattr(send, "OUT", tmp_path)
    return known


@pytest.fixture
def warehouse(telegram: dict[str, Connection | None], warehouse: Warehouse) -> Warehouse:
    """A warehouse that the alerts find."""
    telegram["warehouse"] = from_uri(warehouse.url)
    return warehouse


@pytest.fixture
def server(
    telegram: dict[str, Connection | None], monkeypatch: pytest.MonkeyPatch
) -> Iterator[FakeTelegram]:
    """Telegram, and a connection to it."""
    telegram["telegram"] = connection()
    with fake_telegram(TOKEN, CHAT, OPS) as running:
        monkeypatch.setenv("TELEGRAM_API_URL", running.url)
        yield running


def run_sql(warehouse: Warehouse, statements: str) -> None:
    with closing(warehouse.connect()) as opened, opened, opened.cursor() as cursor:
        cursor.execute(statements)


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
        *(
            ("hunter2", f"refused: user=shop, {name}=hunter2")
            for name in ("PASSWORD", "passwd", "PWD", "client_secret", "token", "apikey")
        ),
    ],
)
def test_what_looks_like_a_secret_is_not_in_it(secret: str, text: str) -> None:
    assert secret not in text_of(RuntimeError(text))


def test_known_secrets_are_not_in_it_whatever_they_look_like() -> None:
    assert scrub("the word is swordfish", ("swordfish",)) == "the word is ***"


def test_a_sentence_about_a_token_is_left_as_it_is() -> None:
    sentence = "Telegram refuses the token: get a valid one at https://t.me/BotFather, 12:30."
    assert scrub(sentence) == sentence


def test_data_tests_that_failed_are_named() -> None:
    text, _ = parse_html(text_of("Database Error", failed_tests=("a<b", *"cdefg")))
    assert text.startswith("🚨 Data tests failed, no report was sent\nDAG: ecommerce_churn\n")
    assert "\n▸ a<b\n▸ c\n▸ d\n▸ e\n▸ f\n▸ … 1\nLog: " in text
    five, _ = parse_html(text_of("Database Error", failed_tests=tuple("abcde")))
    assert "\n▸ e\nLog: " in five


def test_it_is_sent_to_the_connection_telegram(server: FakeTelegram) -> None:
    task_failed(context(UserError("It broke: mend it.")))
    [message] = server.delivered
    assert message.chat_id == CHAT
    assert "It broke: mend it." in message.text
    assert "As of: Nov 16, 2026" in message.text


def test_it_is_sent_to_telegram_ops_where_there_is_one(
    telegram: dict[str, Connection | None], server: FakeTelegram
) -> None:
    telegram["telegram_ops"] = connection(OPS)
    task_failed(context(UserError("It broke: mend it.")))
    assert [message.chat_id for message in server.delivered] == [OPS]


def test_telegram_ops_may_have_a_bot_of_its_own(
    telegram: dict[str, Connection | None], server: FakeTelegram
) -> None:
    telegram["telegram"] = replace(connection(), password="1:of-another-bot")
    telegram["telegram_ops"] = connection(OPS)
    task_failed(context(UserError("It broke: mend it.")))
    assert [message.chat_id for message in server.delivered] == [OPS]


def test_telegram_ops_needs_no_token_of_its_own(
    telegram: dict[str, Connection | None], server: FakeTelegram
) -> None:
    telegram["telegram_ops"] = replace(connection(OPS), password=None)
    task_failed(context(UserError("It broke: mend it.")))
    assert [message.chat_id for message in server.delivered] == [OPS]


def test_an_alert_of_unknown_outcome_is_logged_without_advice_for_the_report(
    server: FakeTelegram, warehouse: Warehouse, caplog: pytest.LogCaptureFixture
) -> None:
    server.fail(HangUp(), method="sendMessage")
    task_failed(context(UserError("It broke: mend it.")))
    assert "so it may be there or not" in caplog.text
    assert "--resolve" not in caplog.text


def test_the_same_cause_is_told_once_a_day(server: FakeTelegram, warehouse: Warehouse) -> None:
    task_failed(context(UserError("It broke: mend it.")))
    task_failed(context(UserError("It broke in another way: mend it.")))
    assert len(server.delivered) == 1
    run_sql(warehouse, "update ops.report_deliveries set period_starts_on = period_starts_on - 1")
    task_failed(context(UserError("It broke: mend it.")))
    assert len(server.delivered) == 2


def test_another_task_is_another_cause(server: FakeTelegram, warehouse: Warehouse) -> None:
    task_failed(context("x"))
    other = context("x")
    other["ti"] = SimpleNamespace(**{**vars(other["ti"]), "task_id": "get_shop_data"})
    task_failed(other)
    assert len(server.delivered) == 2


def test_a_warehouse_that_cannot_be_reached_is_no_reason_to_be_silent(
    telegram: dict[str, Connection | None], server: FakeTelegram
) -> None:
    telegram["warehouse"] = Connection("postgres", "127.0.0.1", 9, "u", "p", "d")
    task_failed(context("x"))
    assert len(server.delivered) == 1


@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EROFS, errno.EACCES])
def test_a_file_that_cannot_be_written_is_no_reason_to_be_silent(
    server: FakeTelegram,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    error: int,
) -> None:
    def fails(self: Path, data: bytes) -> None:
        raise OSError(error, os.strerror(error))

    monkeypatch.setattr(Path, "write_bytes", fails)
    task_failed(context(UserError("It broke: mend it.")))
    assert [message.chat_id for message in server.delivered] == [CHAT]
    assert f"alert.txt: {os.strerror(error)}." in caplog.text


def test_a_warehouse_that_takes_no_row_is_no_reason_to_be_silent(
    server: FakeTelegram, warehouse: Warehouse, telegram: dict[str, Connection | None]
) -> None:
    """As where its disk is full, or it is a copy that only reads."""
    only_reads = "options=-c%20default_transaction_read_only%3Don"
    telegram["warehouse"] = from_uri(f"{warehouse.url}?{only_reads}")
    task_failed(context(UserError("It broke: mend it.")))
    assert len(server.delivered) == 1


# --- what no task could tell itself


def failed_run(**states: str) -> Any:
    """The context of a run's failure: its last task, and what Airflow says of the others."""
    told = context(None, reason="task_failure", dag=SimpleNamespace(dag_id="ecommerce_churn"))
    told["run_id"] = "r1"
    told["ti"].get_task_states = lambda dag_id, run_ids: dict.fromkeys(run_ids, states)
    return told


def test_a_task_whose_process_was_killed_is_told_when_its_run_fails(
    server: FakeTelegram, warehouse: Warehouse
) -> None:
    for _ in range(2):
        run_failed(failed_run(report="failed", send="upstream_failed", load="success"))
    [message] = server.delivered
    assert message.text.startswith(
        "🚨 A task failed\nDAG: ecommerce_churn\nTask: report\nRun: r1\nAs of: Nov 16, 2026\n"
        "The task's process gave no reason."
    )
    assert LOG_URL in message.text


def test_a_failure_that_its_task_has_told_is_not_told_again(
    server: FakeTelegram, warehouse: Warehouse, tmp_path: Path
) -> None:
    task_failed(context(UserError("It broke: mend it.")))
    run_failed(failed_run(report="failed"))
    assert len(server.delivered) == 1
    assert "It broke: mend it." in (tmp_path / "alert.txt").read_text()


def test_each_task_that_failed_is_told(server: FakeTelegram, warehouse: Warehouse) -> None:
    task_failed(context("x"))
    run_failed(failed_run(report="failed", load="failed"))
    assert ["Task: load" in message.text for message in server.delivered] == [False, True]


def test_a_run_that_took_too_long_is_told_with_the_task_that_it_was_at(
    server: FakeTelegram, warehouse: Warehouse
) -> None:
    run_failed(failed_run(report="skipped", load="failed") | {"reason": "timed_out"})
    [message] = server.delivered
    assert "Task: report\n" in message.text
    assert "The run took too long and was ended" in message.text


def test_a_run_that_failed_without_a_task_is_told(
    server: FakeTelegram, warehouse: Warehouse
) -> None:
    dag: Any = SimpleNamespace(dag_id="sync_sources")
    run_failed({"dag": dag, "run_id": "r2", "reason": "task_failure"})
    [message] = server.delivered
    begins = "🚨 A task failed\nDAG: sync_sources\nRun: r2\nThe task's process"
    assert message.text.startswith(begins)


def test_the_tasks_of_a_run_that_airflow_cannot_tell_are_its_last_one(
    server: FakeTelegram, warehouse: Warehouse
) -> None:
    """As under `airflow dags test`, where nobody answers."""
    alone = failed_run()
    alone["ti"].get_task_states = None
    run_failed(alone)
    [message] = server.delivered
    assert "Task: report\n" in message.text


def test_a_failed_test_task_names_the_tests(server: FakeTelegram, warehouse: Warehouse) -> None:
    run_sql(
        warehouse,
        f"{marts.DATA_TESTS} insert into ops.data_tests"
        " values ('good', 'pass'), ('unique_orders', 'fail'), ('products_are_listed', 'warn')",
    )
    failed = context("x")
    failed["ti"] = SimpleNamespace(**{**vars(failed["ti"]), "task_id": "marts.dbt_ecommerce_test"})
    task_failed(failed)
    [message] = server.delivered
    assert "🚨 Data tests failed" in message.text
    assert "▸ unique_orders" in message.text
    assert "good" not in message.text
    assert "listed" not in message.text  # a warning stops nothing


def test_a_run_that_is_late_is_told(server: FakeTelegram, warehouse: Warehouse) -> None:
    run = {"dag_id": "ecommerce_churn", "dag_run_id": "scheduled__2026-11-16T11:00:00+00:00"}
    for _ in range(2):
        asyncio.run(run_is_late({"dag_run": run, "deadline": {"id": "d1"}}))
    [message] = server.delivered
    assert message.text == (
        "🚨 The report is late\nDAG: ecommerce_churn\nRun: scheduled__2026-11-16T11:00:00+00:00"
    )


@pytest.mark.parametrize(
    ("signal", "says"),
    [
        ("above", ["above its usual 1.0% – 5.0%"]),
        ("long_above", ["high for eight weeks"]),
        ("usual", []),
        (None, []),
    ],
)
def test_churn_that_is_not_as_usual_is_told_once(
    server: FakeTelegram, warehouse: Warehouse, signal: str | None, says: list[str]
) -> None:
    week = {"week_starts_on": "2026-11-09", "week_ends_on": "2026-11-15", "churn_rate": 0.0912}
    judged = {"week_starts_on": "2026-11-09", "usual_low": 0.01, "usual_high": 0.05}
    of_signals = [
        {**judged, "figure": "revenue", "signal": "below"},
        *([{**judged, "figure": "churn_rate", "signal": signal}] if signal else []),
    ]
    marts.make(warehouse.url, {"rpt_churn_trend": [week], "rpt_weekly_signals": of_signals})
    settings = Settings(telegram_api_url=server.url)
    for _ in range(2):
        churn_is_unusual(settings, warehouse)
    assert [message.text for message in server.delivered] == [
        "🚨 Churn is unusual\nNov 9\u2009–\u200915, 2026\n"
        f"9.1% of the active customers left, {one}."
        for one in says
    ]


def loaded(warehouse: Warehouse, at: datetime, *, failed_in: tuple[str, ...] = ()) -> None:
    """All tables of Pipedrive are loaded; then one is not, in each of the runs."""
    for table in declared_sources()["pipedrive"].tables:
        note(warehouse, Load("pipedrive", f"pipedrive__{table}", "night", at, 1.0, rows=10))
    for day, run in enumerate(failed_in, 1):
        message = f"pipedrive refuses the token {TOKEN}, put a valid one."
        then = at + timedelta(days=day)
        load = Load("pipedrive", "pipedrive__deals", run, then, 1.0, False, message=message)
        note(warehouse, load)


def load_failed() -> Any:
    """What Airflow tells of a load of Pipedrive's that failed."""
    failed = context(UserError("x"))
    failed["ti"] = SimpleNamespace(**{**vars(failed["ti"]), "task_id": "pipedrive.deals"})
    return failed


def test_a_pause_is_told_once_however_many_nights_it_lasts(
    server: FakeTelegram, warehouse: Warehouse
) -> None:
    loaded(warehouse, datetime(2026, 10, 30, 7, tzinfo=UTC), failed_in=("one", "two"))
    source_is_paused(load_failed())
    assert server.delivered == []
    loaded(warehouse, datetime(2026, 10, 30, 7, tzinfo=UTC), failed_in=("one", "two", "three"))
    for _ in range(2):
        source_is_paused(load_failed())
    [message] = server.delivered
    assert message.text == (
        "🚨 A source is paused\nSource: pipedrive\nLast loaded: Oct 30, 2026\n"
        "pipedrive refuses the token ***, put a valid one.\n"
        "Once that is mended, trigger sync_sources by hand. Until then the reports go on without"
        " what happened since."
    )
    # mended, and paused again
    later = datetime(2026, 11, 5, 7, tzinfo=UTC)
    loaded(warehouse, later, failed_in=("four", "five", "six"))
    source_is_paused(load_failed())
    assert len(server.delivered) == 2


def test_a_night_that_skips_a_paused_source_tells_of_it(
    server: FakeTelegram, warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Where the alert of the failure that paused it was lost, as with the task's process."""
    monkeypatch.setenv("AIRFLOW_HOME", str(tmp_path))
    from airflow.sdk.exceptions import AirflowSkipException

    from dags import sync_sources

    loaded(warehouse, datetime(2026, 10, 30, 7, tzinfo=UTC), failed_in=("one", "two", "three"))
    night = load_failed() | {"run_id": "four", "dag_run": SimpleNamespace(run_type="scheduled")}
    monkeypatch.setattr(sync_sources, "get_current_context", lambda: night)
    with pytest.raises(AirflowSkipException, match="pipedrive is paused"):
        sync_sources.load.function("pipedrive", "deals")
    assert ["A source is paused" in message.text for message in server.delivered] == [True]


@pytest.mark.parametrize(
    ("last_loaded_at", "failed_in", "told"),
    [
        # the week ends as the 16th begins in São Paulo, three hours behind
        (datetime(2026, 11, 16, 3, tzinfo=UTC), (), []),
        (datetime(2026, 11, 16, 2, 59, tzinfo=UTC), (), ["A source is old"]),
        (datetime(2026, 11, 16, 3, tzinfo=UTC), ("one", "two", "three"), ["A source is paused"]),
    ],
)
def test_each_monday_tells_of_a_source_that_is_old_or_paused(
    last_loaded_at: datetime,
    failed_in: tuple[str, ...],
    told: list[str],
    server: FakeTelegram,
    warehouse: Warehouse,
) -> None:
    marts.make(warehouse.url, {"rpt_weekly_report": [{"week_ends_on": "2026-11-15"}]})
    loaded(warehouse, last_loaded_at, failed_in=failed_in)
    settings = Settings(
        telegram_api_url=server.url, shop_sources=["demo_shop", "pipedrive", "cdnow"]
    )
    for _ in range(2):
        sources_are_behind(settings, warehouse)
    assert [message.text.splitlines()[0] for message in server.delivered] == [
        f"🚨 {title}" for title in told
    ]
    if told:
        assert "Last loaded: Nov 1" in server.delivered[0].text
        run_sql(
            warehouse, "update ops.report_deliveries set period_starts_on = period_starts_on - 7"
        )
        sources_are_behind(settings, warehouse)
        assert len(server.delivered) == 2


def test_a_source_is_as_old_as_its_oldest_table_and_its_days_are_the_shop_s(
    warehouse: Warehouse,
) -> None:
    night = datetime(2026, 10, 31, 1, tzinfo=UTC)  # still the 30th in São Paulo
    later = datetime(2026, 11, 16, 7, tzinfo=UTC)
    loaded(warehouse, night - timedelta(days=7))
    loaded(warehouse, night, failed_in=("one", "two"))
    for table in declared_sources()["pipedrive"].tables:
        if table != "deals":
            note(warehouse, Load("pipedrive", f"pipedrive__{table}", "later", later, 1.0))
    settings = Settings(shop_sources=["demo_shop", "pipedrive"])
    with closing(psycopg2.connect(warehouse.url)) as opened:
        [old] = sources_behind(opened, settings, date(2026, 11, 15))
        assert old == Behind("pipedrive", date(2026, 10, 30), None, None)
        message = "The token is refused."
        then = night + timedelta(days=3)
        load = Load("pipedrive", "pipedrive__deals", "three", then, 1.0, False, message=message)
        note(warehouse, load)
        opened.rollback()
        [paused] = sources_behind(opened, settings, date(2026, 11, 15))
    assert (paused.paused_because, paused.failing_since) == (message, date(2026, 10, 31))


def test_a_source_that_is_not_active_any_more_is_not_told(
    server: FakeTelegram, warehouse: Warehouse
) -> None:
    marts.make(warehouse.url, {"rpt_weekly_report": [{"week_ends_on": "2026-11-15"}]})
    loaded(warehouse, datetime(2026, 10, 30, 7, tzinfo=UTC))
    sources_are_behind(Settings(telegram_api_url=server.url), warehouse)
    assert server.delivered == []


def test_without_the_connection_it_is_written_to_a_file(
    telegram: dict[str, Connection | None], tmp_path: Path
) -> None:
    task_failed(context(UserError("1 < 2 & so on")))
    text = (tmp_path / "alert.txt").read_text()
    assert "1 < 2 & so on" in text
    assert "<b>" not in text
    assert LOG_URL in text


def test_the_as_of_date_is_the_parameter_of_the_run_where_it_has_one(
    telegram: dict[str, Connection | None], tmp_path: Path
) -> None:
    task_failed(context("x", params={"as_of_date": "2026-10-05"}))
    assert "As of: Oct 5, 2026" in (tmp_path / "alert.txt").read_text()


def test_the_as_of_date_is_of_the_shop_s_time_zone(
    telegram: dict[str, Connection | None], tmp_path: Path
) -> None:
    night = datetime(2026, 11, 17, 1, tzinfo=UTC)  # still the 16th in São Paulo
    task_failed(context("x", data_interval_end=night))
    assert "As of: Nov 16, 2026" in (tmp_path / "alert.txt").read_text()


@pytest.mark.parametrize("given", ["latest", "16/11/2026"])
def test_a_date_that_is_not_known_or_wrong_does_not_stop_the_alert(
    telegram: dict[str, Connection | None], tmp_path: Path, given: str
) -> None:
    task_failed(context("x", params={"as_of_date": given}))
    assert "A task failed" in (tmp_path / "alert.txt").read_text()
    assert "As of" not in (tmp_path / "alert.txt").read_text()


def test_an_alert_that_telegram_refuses_is_logged_and_not_raised(
    telegram: dict[str, Connection | None],
    server: FakeTelegram,
    caplog: pytest.LogCaptureFixture,
) -> None:
    telegram["telegram"] = connection("-42")
    task_failed(context(UserError("x")))
    assert "Telegram does not know the chat -42" in caplog.text
    assert TOKEN not in caplog.text


def test_whatever_breaks_inside_it_is_logged_without_its_text(
    telegram: dict[str, Connection | None], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    nonsense: Any = {f"https://api.telegram.org/bot{TOKEN}": None}
    task_failed(nonsense)
    assert "An alert was not sent: KeyError." in caplog.text
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
        task_failed(context(UserError("x")))
    assert "Telegram refuses the token" in caplog.text
    assert TOKEN not in caplog.text


def test_importing_it_loads_nothing_heavy() -> None:
    heavy = {"telegram", "httpx", "babel", "pandas", "airflow", "psycopg2"}
    code = f"import sys, include.alerts.callbacks; print(*({heavy!r} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
