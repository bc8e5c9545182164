"""From the marts' tables to a message or a preview, by function and by script."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import psycopg2
import pytest

from include import command_line
from include.connections import Connection
from include.errors import UserError
from include.report import publish
from include.report.publish import publish_report
from include.report.read import Prediction, Report, ShopTotals, WeekFigures, read_report
from include.settings import PROJECT
from scripts.send_report import app, send_report
from tests.integration.fake_telegram import FakeTelegram, Refusal, fake_telegram

TOKEN = "123456789:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsawE"
CHAT = "-1001234567890"

WEEK = {
    "orders": "int",
    "cancelled_orders": "int",
    "cancellation_rate": "numeric(9,4)",
    "top_cancellation_reason": "text",
    "revenue": "numeric(18,2)",
    "new_customers": "int",
    "churned_customers": "int",
    "reactivated_customers": "int",
    "active_customers_at_start": "int",
    "active_customers_at_end": "int",
    "churn_rate": "numeric(9,4)",
    "inactive_share": "numeric(9,4)",
    "dearest_product_name": "text",
    "dearest_product_price": "numeric(18,2)",
}
TABLES = f"""
create schema marts;
create table marts.rpt_shop_totals (
    as_of_on date, customers int, churned_customers int, inactive_share numeric(9,4),
    repeat_customers int, repeat_rate numeric(9,4), orders int, cancelled_orders int,
    cancellation_rate numeric(9,4), revenue numeric(18,2), dearest_product_name text,
    dearest_product_price numeric(18,2), currency text, rejected_rows int
);
create table marts.rpt_weekly_report (
    as_of_on date, week_starts_on date, week_ends_on date, currency text,
    {", ".join(f"{name} {kind}, {name}_week_before {kind}" for name, kind in WEEK.items())}
);
create table marts.rpt_prediction (
    as_of_on date, parameters_as_of_on date, declined_because text, at_risk_customers int,
    value_at_stake numeric(18,2), holdout_weeks int, holdout_correlation numeric(9,6)
);
"""
ROWS = """
insert into marts.rpt_shop_totals values (
    '2026-11-16', 4339, 1449, 0.3339, 2845, 0.6557, 25897, 3836, 0.1481, 10655622.48,
    'Television', 3199.00, 'BRL', 12
);
insert into marts.rpt_weekly_report values (
    '2026-11-16', '2026-11-09', '2026-11-15', 'BRL',
    231, 219, 12, 9, 0.0519, 0.0411, 'changed their mind', 'out of stock', 48213.50, 44710.00,
    21, 24, 9, 6, 4, 4, 402, 400, 418, 402, 0.0224, 0.0150, 0.3339, 0.3321,
    'Café & <b>pão</b>', 'Television', 2499.90, 3199.00
);
insert into marts.rpt_prediction values (
    '2026-11-16', '2026-11-08', null, 57, 3210.50, 13, 0.597
);
"""


def run_sql(url: str, statements: str) -> None:
    with closing(psycopg2.connect(url)) as connection, connection, connection.cursor() as cursor:
        cursor.execute(statements)


def read(url: str) -> Report:
    with closing(psycopg2.connect(url)) as connection:
        return read_report(connection)


@pytest.fixture
def marts(warehouse_url: str) -> str:
    """The URL of a warehouse whose report tables are built."""
    run_sql(warehouse_url, TABLES + ROWS)
    return warehouse_url


@pytest.fixture
def server() -> Iterator[FakeTelegram]:
    with fake_telegram(TOKEN, CHAT) as running:
        yield running


def connection(chat: str = CHAT, token: str = TOKEN) -> Connection:
    return Connection("telegram", chat, None, None, token, None)


def environment(marts: str, telegram: str, api_url: str) -> dict[str, str]:
    return {
        "AIRFLOW_CONN_WAREHOUSE": marts,
        "AIRFLOW_CONN_TELEGRAM": telegram,
        "TELEGRAM_API_URL": api_url,
        "REPORT_LANG": "en",
    }


def script(
    *arguments: str, marts: str, telegram: str, api_url: str, **more: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, PROJECT / "scripts" / "send_report.py", *arguments],
        env=os.environ | environment(marts, telegram, api_url) | more,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_report_is_read_whole(marts: str) -> None:
    report = read(marts)
    assert report.totals == ShopTotals(
        as_of_on=date(2026, 11, 16),
        customers=4339,
        churned_customers=1449,
        inactive_share=Decimal("0.3339"),
        repeat_customers=2845,
        repeat_rate=Decimal("0.6557"),
        orders=25897,
        cancelled_orders=3836,
        cancellation_rate=Decimal("0.1481"),
        revenue=Decimal("10655622.48"),
        dearest_product_name="Television",
        dearest_product_price=Decimal("3199.00"),
        currency="BRL",
        rejected_rows=12,
    )
    assert report.prediction == Prediction(
        as_of_on=date(2026, 11, 16),
        parameters_as_of_on=date(2026, 11, 8),
        declined_because=None,
        at_risk_customers=57,
        value_at_stake=Decimal("3210.50"),
        holdout_weeks=13,
        holdout_correlation=Decimal("0.597000"),
    )
    assert (report.as_of_on, report.currency) == (date(2026, 11, 16), "BRL")
    assert (report.week_starts_on, report.week_ends_on) == (date(2026, 11, 9), date(2026, 11, 15))
    assert report.week_before == WeekFigures(
        orders=219,
        cancelled_orders=9,
        cancellation_rate=Decimal("0.0411"),
        top_cancellation_reason="out of stock",
        revenue=Decimal("44710.00"),
        new_customers=24,
        churned_customers=6,
        reactivated_customers=4,
        active_customers_at_start=400,
        active_customers_at_end=402,
        churn_rate=Decimal("0.0150"),
        inactive_share=Decimal("0.3321"),
        dearest_product_name="Television",
        dearest_product_price=Decimal("3199.00"),
    )
    assert replace(report.week_before, orders=231, churned_customers=9) != report.week
    assert report.week.orders == 231
    assert report.week.dearest_product_name == "Café & <b>pão</b>"


def test_a_first_week_has_no_week_before(marts: str) -> None:
    nothing = ", ".join(f"{name}_week_before = null" for name in WEEK)
    run_sql(marts, f"update marts.rpt_weekly_report set {nothing}")
    assert read(marts).week_before == WeekFigures(*[None] * len(WEEK))


@pytest.mark.parametrize(
    ("broken_by", "says"),
    [
        ("drop schema marts cascade", "marts are not built yet: relation"),
        ("drop table marts.rpt_weekly_report", 'relation "marts.rpt_weekly_report" does not exist'),
        ("alter table marts.rpt_shop_totals drop revenue", 'column "revenue" does not exist'),
        ("delete from marts.rpt_shop_totals", "marts.rpt_shop_totals has 0 rows instead of one"),
        (
            "insert into marts.rpt_weekly_report select * from marts.rpt_weekly_report",
            "marts.rpt_weekly_report has 2 rows instead of one",
        ),
        (
            "update marts.rpt_shop_totals set as_of_on = '2026-11-23'",
            "The marts are of two dates: rpt_weekly_report is as of 2026-11-16, rpt_shop_totals as",
        ),
        (
            "update marts.rpt_prediction set as_of_on = '2026-11-09'",
            "The marts are of two dates: rpt_weekly_report is as of 2026-11-16, rpt_prediction as",
        ),
    ],
)
def test_marts_that_are_not_built_say_how_to_build_them(
    marts: str, broken_by: str, says: str
) -> None:
    run_sql(marts, broken_by)
    with pytest.raises(UserError, match="run the DAG or `make demo`") as caught:
        read(marts)
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_report_reaches_the_channel_once(marts: str, server: FakeTelegram) -> None:
    done = publish_report(marts, connection(), "en", server.url)
    assert done == f"Sent to {CHAT} as message 1."
    [message] = server.delivered
    assert message.text.startswith("📊 Weekly churn report\nNov 9")
    assert "Churned  9  ▲ was 6" in message.text
    assert "Café & <b>pão</b> (before: Television)" in message.text
    assert "12 rows of the shop's data" in message.text
    assert "Churned: no valid order for more than 90 days." in message.text


def test_without_a_connection_the_report_is_printed_and_written(
    marts: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    done = publish_report(marts, None, "pt_BR", "https://api.telegram.org", out=out)
    assert done == f"Nothing was sent: the report is in {out}/report.txt and {out}/report.html."
    text = (out / "report.txt").read_text(encoding="utf-8")
    assert text in capsys.readouterr().out
    assert "R$\u00a048.213,50" in text
    assert "Café &amp; &lt;b&gt;pão&lt;/b&gt;" in (out / "report.html").read_text(encoding="utf-8")
    assert sorted(path.name for path in out.iterdir()) == ["report.html", "report.txt"]


def test_a_second_preview_is_the_same_byte_for_byte(marts: str, tmp_path: Path) -> None:
    def previewed(out: Path) -> dict[str, bytes]:
        publish_report(marts, None, "en", "https://api.telegram.org", out=out)
        return {path.name: path.read_bytes() for path in out.iterdir()}

    assert previewed(tmp_path / "one") == previewed(tmp_path / "two")


def test_a_preview_that_fails_leaves_the_old_one(marts: str, tmp_path: Path) -> None:
    publish_report(marts, None, "en", "https://api.telegram.org", out=tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    run_sql(marts, "drop schema marts cascade")
    with pytest.raises(UserError):
        publish_report(marts, None, "en", "https://api.telegram.org", out=tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_marts_of_another_date_are_not_sent(marts: str, server: FakeTelegram) -> None:
    with pytest.raises(UserError, match="built as of 2026-11-16, not 2026-11-09") as caught:
        publish_report(marts, connection(), "en", server.url, as_of=date(2026, 11, 9))
    assert "make demo AS_OF=2026-11-09" in str(caught.value)
    assert "as_of_date=2026-11-09" in str(caught.value)
    assert server.calls == []


def test_the_script_sends_and_says_so_in_one_line(marts: str, server: FakeTelegram) -> None:
    telegram = f"telegram://:{TOKEN}@{CHAT}"
    done = script(
        "--as-of=2026-11-16", "--lang=pt_BR", marts=marts, telegram=telegram, api_url=server.url
    )
    assert (done.stdout, done.stderr) == (f"Sent to {CHAT} as message 1.\n", "")
    assert done.returncode == 0
    [message] = server.delivered
    assert message.text.startswith("📊 Relatório semanal de churn")


def test_the_script_ends_a_wrong_chat_with_one_sentence(marts: str, server: FakeTelegram) -> None:
    done = script(marts=marts, telegram=f"telegram://:{TOKEN}@-42", api_url=server.url)
    assert done.stderr.startswith("error: Telegram does not know the chat -42: check the host")
    assert done.stderr.count("\n") == 1
    assert (done.stdout, done.returncode) == ("", 1)
    assert server.delivered == []


def test_a_traceback_that_is_asked_for_holds_no_token(marts: str, server: FakeTelegram) -> None:
    server.fail(Refusal(401, "Unauthorized"), method="getMe")
    telegram = f"telegram://:{TOKEN}@{CHAT}"
    done = script(marts=marts, telegram=telegram, api_url=server.url, TRACEBACK="1")
    assert "Traceback" in done.stderr
    assert "Telegram refuses the token of the bot" in done.stderr
    assert TOKEN not in done.stderr + done.stdout


@pytest.mark.parametrize(
    ("arguments", "telegram", "says"),
    [
        (["--as-of=16/11/2026"], "", "The as-of date '16/11/2026' is not a date: write it like"),
        (["--as-of=2026-11-09"], "", "built as of 2026-11-16, not 2026-11-09"),
        (["--lang=fr"], "", "The report has no language 'fr': it is written in en and pt_BR."),
        ([], f"telegram://:987654321:another@{CHAT}", "Telegram refuses the token of the bot"),
        ([], f"telegram://{CHAT}", "The connection telegram has no password"),
        ([], f"telegram://:{TOKEN}@", "The connection telegram has no host"),
    ],
)
def test_bad_input_ends_the_script_with_one_sentence(
    marts: str,
    server: FakeTelegram,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    telegram: str,
    says: str,
) -> None:
    for name, value in environment(marts, telegram, server.url).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "argv", ["send_report.py", *arguments])
    with pytest.raises(SystemExit) as caught:
        command_line.run(app)
    assert str(caught.value.code).startswith("error: ")  # a text: Python prints it and exits with 1
    assert says in str(caught.value.code)
    assert "\n" not in str(caught.value.code)
    assert server.delivered == []


def test_a_dry_run_sends_nothing_even_with_a_connection(
    marts: str,
    server: FakeTelegram,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name, value in environment(marts, f"telegram://:{TOKEN}@{CHAT}", server.url).items():
        monkeypatch.setenv(name, value)
    # Not into the project's own out/, where somebody's preview may lie.
    monkeypatch.setattr(publish, "preview", lambda message, out: f"Preview: {message.title}")
    send_report(dry_run=True)
    assert capsys.readouterr().out == "Preview: Weekly churn report\n"
    assert server.calls == []
