"""From the marts' tables to a message or a preview, by function and by script."""

import csv
import re
import shutil
import struct
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import fields, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from html import unescape
from io import BytesIO
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import psycopg2
import pytest
from axe_playwright_python.sync_playwright import Axe
from openpyxl import load_workbook
from playwright.sync_api import sync_playwright

from include.airflow.as_of import AsOf
from include.connections import Connection
from include.errors import UserError
from include.paths import PROJECT
from include.report import publish
from include.report.publish import publish_report
from include.report.read import (
    Prediction,
    Report,
    ShopTotals,
    Signal,
    WeekFigures,
    read_report,
)
from include.settings import Settings
from include.sync.loads import Load, note
from include.warehouse.bookkeeping import prepare
from include.warehouse.connection import Warehouse
from scripts.send_report import app
from tests.support import marts as marts_tables
from tests.support import project_copy
from tests.support.fake_telegram import CHAT, TOKEN, FakeTelegram, Refusal, Silence, fake_telegram
from tests.support.scripts import Said, call

AS_OF = "2026-11-16"
CHROMIUM = shutil.which("chromium")
ROWS: marts_tables.Rows = {
    "rpt_shop_totals": [
        {
            "as_of_on": AS_OF,
            "customers": 4339,
            "churned_customers": 1449,
            "inactive_share": 0.3339,
            "repeat_customers": 2845,
            "repeat_rate": 0.6557,
            "orders": 25897,
            "cancelled_orders": 3836,
            "cancellation_rate": 0.1481,
            "revenue": 10655622.48,
            "net_revenue": 10655622.48,
            "dearest_product_name": "Television",
            "dearest_product_price": 3199.00,
            "currency": "BRL",
            "rejected_rows": 12,
        }
    ],
    "rpt_weekly_report": [
        {
            "as_of_on": AS_OF,
            "week_starts_on": "2026-11-09",
            "week_ends_on": "2026-11-15",
            "currency": "BRL",
            "orders": 231,
            "orders_week_before": 219,
            "cancelled_orders": 12,
            "cancelled_orders_week_before": 9,
            "cancellation_rate": 0.0519,
            "cancellation_rate_week_before": 0.0411,
            "top_cancellation_reason": "changed their mind",
            "top_cancellation_reason_week_before": "out of stock",
            "revenue": 48213.50,
            "revenue_week_before": 44710.00,
            "net_revenue": 48213.50,
            "net_revenue_week_before": 44710.00,
            "new_customers": 21,
            "new_customers_week_before": 24,
            "churned_customers": 9,
            "churned_customers_week_before": 6,
            "reactivated_customers": 4,
            "reactivated_customers_week_before": 4,
            "active_customers_at_start": 402,
            "active_customers_at_start_week_before": 400,
            "active_customers_at_end": 418,
            "active_customers_at_end_week_before": 402,
            "churn_rate": 0.0224,
            "churn_rate_week_before": 0.0150,
            "inactive_share": 0.3339,
            "inactive_share_week_before": 0.3321,
            "dearest_product_name": "Café & <b>pão</b>",
            "dearest_product_name_week_before": "Television",
            "dearest_product_price": 2499.90,
            "dearest_product_price_week_before": 3199.00,
        }
    ],
    "rpt_prediction": [
        {
            "as_of_on": AS_OF,
            "parameters_as_of_on": "2026-11-08",
            "at_risk_customers": 57,
            "value_at_stake": 3210.50,
            "first_customers": 2,
            "first_share": 0.8012,
            "first_minutes": 6,
            "holdout_weeks": 13,
            "holdout_correlation": 0.597,
        }
    ],
    "rpt_weekly_signals": [
        {
            "as_of_on": AS_OF,
            "week_starts_on": "2026-11-09",
            "figure": "churn_rate",
            "signal": "above",
            "usual_low": 0.01,
            "usual_high": 0.02,
        }
    ],
    "rpt_churn_trend": [
        {
            "as_of_on": AS_OF,
            "week_starts_on": "2026-11-02",
            "week_ends_on": "2026-11-08",
            "active_customers_at_end": 402,
            "new_customers": 24,
            "reactivated_customers": 4,
            "churned_customers": 6,
            "churn_rate": 0.015,
        },
        {
            "as_of_on": AS_OF,
            "week_starts_on": "2026-11-09",
            "week_ends_on": "2026-11-15",
            "active_customers_at_end": 418,
            "new_customers": 21,
            "reactivated_customers": 4,
            "churned_customers": 9,
            "churn_rate": 0.0224,
            "usual_churn_rate_low": 0.01,
            "usual_churn_rate_high": 0.02,
            "is_churn_rate_unusual": True,
        },
    ],
    "weekly_sales": [
        {"week_starts_on": f"2026-11-{day:02}", "week_ends_on": f"2026-11-{day + 6}", "revenue": r}
        for day, r in ((2, 44710.00), (9, 48213.50), (16, 77.00))
    ],
    "monthly_cohorts": [
        {
            "cohort_month": f"2026-{month}-01",
            "cohort_customers": customers,
            "months_since": months,
            "retention_rate": rate,
            "is_partial": month + months == 11,
        }
        for month, customers, rates in ((9, 40, (1, 0.25, 0.1)), (10, 31, (1, 0.2)), (11, 9, (1,)))
        for months, rate in enumerate(rates)
    ],
    "rpt_churn_drivers": [
        {
            "as_of_on": AS_OF,
            "driver_rank": 1,
            "dimension": "category",
            "segment": "Café & <b>pão</b>",
            "active_customers_at_start": 100,
            "churned_from_start": 5,
            "churn_rate": 0.05,
            "churn_rate_of_others": 0.0132,
            "excess_churned": 3.7,
        }
    ],
    "rpt_customers_at_risk": [
        {
            "as_of_on": AS_OF,
            "risk_rank": 2,
            "customer_key": "two",
            "customer_id": "C2",
            "last_order_on": "2026-10-01",
            "valid_orders": 1,
            "revenue": 20.00,
            "value_at_stake": 5.00,
            "probability_alive": 0.4,
            "suggested_reason": "last_order_cancelled",
            "cancellation_reason": "too late",
        },
        {
            "as_of_on": AS_OF,
            "risk_rank": 1,
            "customer_key": "one",
            "customer_id": "C1",
            "customer_name": "=Ana Souza",
            "email": "ana@example.com",
            "state": "SP",
            "last_order_on": "2026-09-20",
            "rhythm_days": 12.5,
            "days_overdue": 44,
            "valid_orders": 3,
            "revenue": 420.50,
            "value_at_stake": 38.08,
            "probability_alive": 0.8,
            "last_product_name": "Café & <b>pão</b>",
            "suggested_reason": "overdue",
        },
    ],
    "rpt_outcomes": [
        {
            "as_of_on": AS_OF,
            "listed_on": "2026-10-19",
            "horizon_weeks": 4,
            "told_customers": 52,
            "told_returned": 9,
            "told_expected": 6.2,
            "told_revenue": 900,
            "control_customers": 6,
            "control_returned": 1,
            "effect": "too_few_to_say",
            "is_model_off": False,
        }
    ],
    "rpt_told_customers": [
        {
            "as_of_on": AS_OF,
            "customer_key": "one",
            "is_control": False,
            "risk_rank": 1,
            "probability_alive": 0.8,
            "expected_order_days": 1.5,
            "prediction_days": 90,
            "value_at_stake": 38.08,
            "return_probability_2": 0.1,
            "return_probability_4": 0.2,
            "return_probability_8": 0.4,
            "return_probability_13": 0.6,
        },
        {
            "as_of_on": AS_OF,
            "customer_key": "two",
            "is_control": False,
            "risk_rank": 2,
            "prediction_days": 90,
        },
        {"as_of_on": AS_OF, "customer_key": "kept", "is_control": True, "prediction_days": 90},
    ],
}


def run_sql(warehouse: Warehouse, statements: str) -> None:
    with (
        closing(psycopg2.connect(warehouse.url)) as connection,
        connection,
        connection.cursor() as cursor,
    ):
        cursor.execute(statements)


def read(marts: Warehouse) -> Report:
    with closing(psycopg2.connect(marts.url)) as connection:
        return read_report(connection, Settings())


@pytest.fixture
def marts(warehouse: Warehouse) -> Warehouse:
    """A warehouse whose report tables are built."""
    marts_tables.make(warehouse.url, ROWS)
    run_sql(
        warehouse,
        f"{marts_tables.DATA_TESTS} insert into ops.data_tests values ('unique_orders', 'pass', 0);"
        + marts_tables.TOLD_CUSTOMERS,
    )
    return warehouse


@pytest.fixture(autouse=True)
def out_of_the_checkout(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What is written beside what is sent goes to a folder of the test's."""
    defaults = {**(publish_report.__kwdefaults__ or {}), "out": tmp_path / "written"}
    monkeypatch.setattr(publish_report, "__kwdefaults__", defaults)


@pytest.fixture
def server() -> Iterator[FakeTelegram]:
    with fake_telegram(TOKEN, CHAT) as running:
        yield running


def connection(chat: str = CHAT, token: str = TOKEN) -> Connection:
    return Connection("telegram", chat, None, None, token, None)


def environment(marts: Warehouse, telegram: str, api_url: str) -> dict[str, str]:
    return {
        "AIRFLOW_CONN_WAREHOUSE": marts.url,
        "AIRFLOW_CONN_TELEGRAM": telegram,
        "TELEGRAM_API_URL": api_url,
        "REPORT_LANG": "en",
    }


def test_a_source_that_is_old_is_named_in_the_report_with_the_date_of_its_last_load(
    marts: Warehouse, tmp_path: Path
) -> None:
    """Of the table that waits longest; what is loaded after the week, or not active, is not."""
    settings = Settings(shop_sources=["pipedrive", "hubspot"])
    old, new = datetime(2026, 10, 30, 7, tzinfo=UTC), datetime(2026, 11, 16, 7, tzinfo=UTC)
    for source, of_deals in (("pipedrive", old), ("hubspot", new), ("erp", old)):
        for table, at in (("deals", of_deals), ("pipelines", new), ("removed_since", old)):
            note(marts, Load(source, f"{source}__{table}", "night", at, 1.0, rows=10))
    publish_report(marts, None, settings, out=tmp_path)
    text = (tmp_path / "report.txt").read_text()
    assert text.count("was last loaded on") == 1
    assert "⚠️ pipedrive was last loaded on Oct 30, 2026: what happened since is not in" in text


def script(*arguments: str, marts: Warehouse, telegram: str, api_url: str, **more: str) -> Said:
    return call(app, *arguments, **environment(marts, telegram, api_url), **more)


def test_the_report_is_read_whole(marts: Warehouse) -> None:
    report = read(marts)
    assert report.totals == ShopTotals(
        as_of_on=date(2026, 11, 16),
        customers=4339,
        churned_customers=1449,
        inactive_share=Decimal("0.3339"),
        repeat_rate=Decimal("0.6557"),
        orders=25897,
        cancelled_orders=3836,
        cancellation_rate=Decimal("0.1481"),
        revenue=Decimal("10655622.48"),
        net_revenue=Decimal("10655622.48"),
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
        first_customers=2,
        first_share=Decimal("0.801200"),
        first_minutes=6,
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
        net_revenue=Decimal("44710.00"),
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
    assert report.signals == (Signal("churn_rate", "above", Decimal("0.01"), Decimal("0.02")),)
    assert [week.week_starts_on.day for week in report.trend] == [2, 9]  # the latest last
    assert [driver.segment for driver in report.drivers] == ["Café & <b>pão</b>"]
    assert [customer.customer_id for customer in report.customers_at_risk] == ["C1", "C2"]
    assert (report.failed_tests, report.warned_tests) == (0, {})
    told = (report.outcomes.listed_on, report.outcomes.told_customers, report.outcomes.effect)
    assert told == (date(2026, 10, 19), 52, "too_few_to_say")


def test_a_data_test_that_only_warns_has_not_failed(marts: Warehouse) -> None:
    run_sql(
        marts,
        "insert into ops.data_tests values"
        " ('a', 'fail', 3), ('b', 'warn', 12), ('c', 'error', null)",
    )
    report = read(marts)
    assert (report.failed_tests, report.warned_tests) == (2, {"b": 12})


def test_files_that_no_model_reads_are_those_of_the_active_sources(marts: Warehouse) -> None:
    assert read(marts).unread_files == ()
    with closing(psycopg2.connect(marts.url)) as connection:
        prepare(connection, "ops")
    run_sql(
        marts,
        "insert into ops.unread_files values ('demo_shop', 'b.csv'), ('demo_shop', 'a.xls'),"
        " ('another', 'c.csv')",
    )
    assert read(marts).unread_files == ("a.xls", "b.csv")


def test_a_first_week_has_no_week_before(marts: Warehouse) -> None:
    week = [field.name for field in fields(WeekFigures)]
    nothing = ", ".join(f"{name}_week_before = null" for name in week)
    run_sql(marts, f"update marts.rpt_weekly_report set {nothing}")
    assert read(marts).week_before == WeekFigures(*[None] * len(week))


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
        (
            "update marts.rpt_customers_at_risk set as_of_on = '2026-11-09'",
            "rpt_weekly_report is as of 2026-11-16, rpt_customers_at_risk as of 2026-11-09",
        ),
    ],
)
def test_marts_that_are_not_built_say_how_to_build_them(
    marts: Warehouse, broken_by: str, says: str
) -> None:
    run_sql(marts, broken_by)
    with pytest.raises(UserError, match="run the DAG or `make demo`") as caught:
        read(marts)
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


def settings(server: FakeTelegram | None = None, **more: Any) -> Settings:
    """The settings' own defaults, and the server's address."""
    url = server.url if server else "https://api.telegram.org"
    return Settings(telegram_api_url=url, **more)


def test_the_report_reaches_the_channel_once(marts: Warehouse, server: FakeTelegram) -> None:
    said = publish_report(marts, connection(), settings(server))
    assert said == f"{CHAT}: chart sent, list sent."
    assert publish_report(marts, connection(), settings(server)) == (
        f"{CHAT}: chart unchanged, list unchanged."
    )
    chart, listed = server.delivered
    assert chart.text.startswith("🟥 Churn 2.2%, unusually high\nNov 9")
    assert "▫️ Churned 9 · ▲ was 6" in chart.text
    assert "⚠️ 12 rows of the data could not be used." in chart.text
    assert "Churned: no valid order for more than 90 days." in chart.text
    assert "↩️ Of 52 told on Oct 19, 2026, 9 came back within 4 weeks, 6 were" in chart.text
    assert chart.file is not None
    assert struct.unpack(">II", chart.file.content[16:24]) == (1600, 900)
    assert listed.file is not None
    assert listed.file.name == "customers_at_risk_2026-11-16.csv"


def test_a_figure_that_changed_is_changed_in_the_message(
    marts: Warehouse, server: FakeTelegram
) -> None:
    publish_report(marts, connection(), settings(server))
    run_sql(marts, "update marts.rpt_weekly_report set churned_customers = 10")
    said = publish_report(marts, connection(), settings(server))
    assert said == f"{CHAT}: chart brought up to date, list unchanged."
    assert "▫️ Churned 10 · ▲ was 6" in server.delivered[0].text
    assert len(server.delivered) == 2


def test_a_week_that_is_only_in_the_chart_changes_the_message_too(
    marts: Warehouse, server: FakeTelegram
) -> None:
    publish_report(marts, connection(), settings(server))
    run_sql(marts, "update marts.rpt_churn_trend set new_customers = 99")
    assert "chart brought up to date" in publish_report(marts, connection(), settings(server))


def test_who_was_contacted_last_week_is_marked_in_the_list(
    marts: Warehouse, server: FakeTelegram
) -> None:
    run_sql(
        marts,
        "update marts.rpt_customers_at_risk set last_contact = 'contacted' where risk_rank = 2",
    )
    publish_report(marts, connection(), settings(server))
    assert [row[-1] for row in csv_rows(server)] == ["Last week", "", "contacted"]


def told(marts: Warehouse) -> list[tuple[Any, ...]]:
    """Of each customer kept: the first letters of the key, whether a control, rank, chat."""
    with closing(marts.connect()) as connection, connection.cursor() as cursor:
        cursor.execute(
            "select rtrim(encode(decode(replace(customer_key::text, '-', ''), 'hex'), 'escape'),"
            " '\\0'), is_control, risk_rank, chat from ops.told_customers order by risk_rank"
        )
        return cursor.fetchall()


TOLD = [("one", False, 1, CHAT), ("two", False, 2, CHAT), ("kept", True, None, CHAT)]


def test_a_list_that_was_told_is_kept_once(marts: Warehouse, server: FakeTelegram) -> None:
    publish_report(marts, connection(), settings(server))
    assert told(marts) == TOLD
    # what is foreseen later, or told again to another chat, changes nothing
    run_sql(marts, "update marts.rpt_told_customers set risk_rank = 9, return_probability_2 = 0.9")
    server.chats.add("@other")
    publish_report(marts, connection(f"{CHAT},@other"), settings(server))
    publish_report(marts, connection(), settings(server), force=True)
    assert told(marts) == TOLD


def test_what_was_foreseen_of_a_list_is_kept_with_the_delivery(
    marts: Warehouse, server: FakeTelegram
) -> None:
    publish_report(marts, connection(), settings(server))
    with closing(marts.connect()) as opened, opened.cursor() as cursor:
        cursor.execute(
            "select as_of_on, probability_alive, expected_order_days, prediction_days,"
            " value_at_stake, return_probability_2, return_probability_4, return_probability_8,"
            " return_probability_13, report, period_starts_on from ops.told_customers"
            " where risk_rank = 1"
        )
        [(*kept,)] = cursor.fetchall()
    assert kept == [
        date(2026, 11, 16), 0.8, 1.5, 90, Decimal("38.08"), Decimal("0.1"), Decimal("0.2"),
        Decimal("0.4"), Decimal("0.6"), "weekly_churn", date(2026, 11, 9),
    ]  # fmt: skip


def test_a_list_that_reached_nobody_was_not_told(
    marts: Warehouse, server: FakeTelegram, tmp_path: Path
) -> None:
    publish_report(marts, None, settings(), out=tmp_path)
    publish_report(marts, connection(), settings(server, report_personal_data="none"))
    server.fail(Refusal(400, "Bad Request: chat not found"), method="sendDocument")
    with pytest.raises(UserError):
        publish_report(marts, connection(), settings(server))
    assert told(marts) == []
    publish_report(marts, connection(), settings(server))
    assert told(marts) == TOLD


def test_a_customer_who_comes_into_a_list_that_is_there_is_told_of_too(
    marts: Warehouse, server: FakeTelegram
) -> None:
    run_sql(marts, "delete from marts.rpt_told_customers where risk_rank = 2")
    run_sql(marts, "delete from marts.rpt_customers_at_risk where risk_rank = 2")
    publish_report(marts, connection(), settings(server))
    assert [row[0] for row in told(marts)] == ["one", "kept"]
    run_sql(
        marts,
        "insert into marts.rpt_told_customers (as_of_on, risk_rank, customer_key, is_control,"
        " prediction_days) values ('2026-11-16', 2, '74776f00-0000-0000-0000-000000000000', false,"
        " 90)",
    )
    run_sql(
        marts,
        "insert into marts.rpt_customers_at_risk (as_of_on, risk_rank, customer_key, customer_id,"
        " last_order_on, valid_orders, revenue, suggested_reason) values ('2026-11-16', 2,"
        " '74776f00-0000-0000-0000-000000000000', 'C2', '2026-10-01', 1, 20, 'overdue')",
    )
    publish_report(marts, connection(), settings(server))
    assert told(marts) == TOLD


def csv_rows(server: FakeTelegram) -> list[list[str]]:
    file = server.delivered[1].file
    assert file is not None
    return list(csv.reader(file.content.decode("utf-8-sig").splitlines()))


def test_by_default_the_channel_sees_ids_and_masked_names(
    marts: Warehouse, server: FakeTelegram
) -> None:
    publish_report(marts, connection(), settings(server))
    assert csv_rows(server) == [
        [
            "Customer", "Name", "State", "Last order", "Usual days between orders", "Days overdue",
            "Value at stake", "Revenue so far", "Last product", "Suggestion",
        ],
        [
            "C1", "'=••• S•••", "SP", "2026-09-20", "12.5", "44", "38.08", "420.50",
            "Café & <b>pão</b>", "Later than usual, remind of the shop",
        ],
        [
            "C2", "", "", "2026-10-01", "", "", "5.00", "20.00", "",
            "The last order was cancelled, offer it again (too late)",
        ],
    ]  # fmt: skip


def test_names_and_addresses_are_told_only_where_the_owner_wants_it(
    marts: Warehouse, server: FakeTelegram
) -> None:
    publish_report(marts, connection(), settings(server, report_personal_data="full"))
    assert csv_rows(server)[1][:3] == ["C1", "'=Ana Souza", "ana@example.com"]


def test_an_id_that_is_an_address_is_masked(marts: Warehouse, server: FakeTelegram) -> None:
    run_sql(marts, "update marts.rpt_customers_at_risk set customer_id = 'ana@example.com'")
    publish_report(marts, connection(), settings(server))
    assert csv_rows(server)[1][0] == "a•••"


def test_there_is_no_list_where_nothing_may_be_told(marts: Warehouse, server: FakeTelegram) -> None:
    said = publish_report(marts, connection(), settings(server, report_personal_data="none"))
    assert said == f"{CHAT}: chart sent."
    assert [message.kind for message in server.delivered] == ["photo"]


def test_there_is_no_list_where_nobody_is_at_risk(marts: Warehouse, server: FakeTelegram) -> None:
    run_sql(marts, "delete from marts.rpt_customers_at_risk")
    assert publish_report(marts, connection(), settings(server)) == f"{CHAT}: chart sent."


def test_a_list_that_was_sent_is_emptied_where_nothing_may_be_told_any_more(
    marts: Warehouse, server: FakeTelegram
) -> None:
    publish_report(marts, connection(), settings(server, report_personal_data="full"))
    said = publish_report(marts, connection(), settings(server, report_personal_data="none"))
    assert said == f"{CHAT}: chart unchanged, list brought up to date."
    assert len(csv_rows(server)) == 1  # the headings
    assert server.delivered[1].text == "Nobody is listed any more."


def test_a_workbook_comes_too_where_it_is_asked_for(marts: Warehouse, server: FakeTelegram) -> None:
    publish_report(marts, connection(), settings(server, report_xlsx=True))
    file = server.delivered[2].file
    assert file is not None
    assert file.name == "customers_at_risk_2026-11-16.xlsx"
    rows = list(load_workbook(BytesIO(file.content)).active.iter_rows(values_only=True))
    assert rows[1][:3] == ("C1", "=••• S•••", "SP")
    assert isinstance(rows[1][3], datetime)
    assert rows[1][3].date() == date(2026, 9, 20)
    assert rows[1][6] == 38.08
    assert publish_report(marts, connection(), settings(server, report_xlsx=True)) == (
        f"{CHAT}: chart unchanged, list unchanged, workbook unchanged."
    )


def test_links_to_where_more_is_told(marts: Warehouse, server: FakeTelegram) -> None:
    asked = settings(
        server,
        report_dashboard_url="https://bi.example.com/churn",
        report_airflow_url="https://airflow.example.com/",
    )
    publish_report(marts, connection(), asked, run_id="manual__2026-11-16T11:00:00+00:00")
    run = "https://airflow.example.com/dags/ecommerce_churn/runs/manual__2026-11-16T11%3A00%3A00%2B00%3A00"
    assert server.delivered[0].buttons == (
        ("Dashboard", "https://bi.example.com/churn"),
        ("Whom to contact", "https://bi.example.com/churn/at_risk"),
        ("Run in Airflow", run),
    )


@pytest.mark.parametrize("url", ["http://localhost:8080", "http://127.0.0.1:8080", "http://bi"])
def test_an_address_that_nobody_else_can_open_is_no_link(
    marts: Warehouse, server: FakeTelegram, url: str
) -> None:
    asked = settings(server, report_dashboard_url=url, report_airflow_url=url)
    publish_report(marts, connection(), asked, run_id="r1")
    assert server.delivered[0].buttons == ()


def test_it_is_pinned_where_that_is_asked_for(marts: Warehouse, server: FakeTelegram) -> None:
    publish_report(marts, connection(), settings(server, report_pin=True))
    assert server.pinned == [(CHAT, 1)]


def test_without_a_connection_the_report_is_printed_and_written(
    marts: Warehouse, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    done = publish_report(marts, None, settings(report_lang="pt_BR"), out=out)
    assert done == f"Nothing was sent: the report is in {out}/report.txt and {out}/report.html."
    text = (out / "report.txt").read_text(encoding="utf-8")
    assert text in capsys.readouterr().out
    assert "R$\u00a048.213,50" in text
    assert "Café &amp; &lt;b&gt;pão&lt;/b&gt;" in (out / "report.html").read_text(encoding="utf-8")
    assert sorted(path.name for path in out.iterdir()) == [
        "customers_at_risk.csv",
        "dashboard.html",
        "report.html",
        "report.png",
        "report.txt",
    ]


def test_a_second_preview_is_the_same_byte_for_byte(marts: Warehouse, tmp_path: Path) -> None:
    def previewed(out: Path) -> dict[str, bytes]:
        publish_report(marts, None, settings(), out=out)
        return {path.name: path.read_bytes() for path in out.iterdir()}

    assert previewed(tmp_path / "one") == previewed(tmp_path / "two")


def test_a_preview_that_fails_leaves_the_old_one(marts: Warehouse, tmp_path: Path) -> None:
    publish_report(marts, None, settings(), out=tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    run_sql(marts, "drop schema marts cascade")
    with pytest.raises(UserError):
        publish_report(marts, None, settings(), out=tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def page_of(marts: Warehouse, tmp_path: Path, **asked: Any) -> str:
    """The week as one page, as it is written beside a preview."""
    publish_report(marts, None, settings(**asked), out=tmp_path)
    return (tmp_path / "dashboard.html").read_text(encoding="utf-8")


def read_out(page: str) -> str:
    """What a reader sees and hears of a page, without its looks."""
    text = re.sub(r"<style>.*?</style>|<[^>]*>", " ", page, flags=re.DOTALL)
    return " ".join(unescape(text).split())


def test_the_page_of_the_week_says_what_the_message_says(marts: Warehouse, tmp_path: Path) -> None:
    text = read_out(page_of(marts, tmp_path))
    assert "🟥 Churn 2.2%, unusually high" in text
    assert "🟥 Churn rate 2.2% ▲ 0.7 pp · above its usual 1.0% – 2.0%" in text
    assert "⏳ 57 customers at risk · R$3,210.50 at stake" in text
    assert "⚠️ 12 rows of the data could not be used." in text
    assert "To contact first (2 of 57)" in text
    assert "C1 =••• S••• SP Sep 20, 2026 12.5 44 38.08 420.50 Café & <b>pão</b>" in text


def test_the_page_of_the_week_draws_complete_weeks_and_cohorts(
    marts: Warehouse, tmp_path: Path
) -> None:
    page = page_of(marts, tmp_path)
    churn, revenue = (
        ElementTree.fromstring(svg)  # noqa: S314 - our own
        for svg in re.findall(r"<svg.*?</svg>", page, re.DOTALL)
    )

    def titles(svg: ElementTree.Element) -> list[str]:
        return [" ".join((title.text or "").split()) for title in svg.iter("title")]

    assert titles(churn) == [
        "Churn rate", "Nov 2 – 8, 2026: 1.5%", "Nov 9 – 15, 2026: 2.2%, usual 1.0% – 2.0%",
    ]  # fmt: skip
    assert titles(revenue) == [
        "Revenue", "Nov 2 – 8, 2026: R$44,710.00", "Nov 9 – 15, 2026: R$48,213.50",
    ]  # fmt: skip
    assert {len(list(svg.iter("desc"))) for svg in (churn, revenue)} == {1}
    assert (
        "First New +1 +2 9/2026 40 25% 10%* 10/2026 31 20%* 11/2026 9 New: customers by"
        in read_out(page)
    )


def test_the_page_of_the_week_asks_for_nothing_from_elsewhere(
    marts: Warehouse, tmp_path: Path
) -> None:
    page = page_of(marts, tmp_path)
    assert not re.search(r"<script|<link|<img|<iframe|\bsrc=|\bon\w+=|url\(|@import|href=", page)
    assert len(page) < 60_000
    asked = page_of(marts, tmp_path, report_dashboard_url="https://bi.example.com/?a=1&b=2")
    assert re.findall(r'href="([^"]*)"', asked) == ["https://bi.example.com/?a=1&amp;b=2"]


@pytest.mark.parametrize(
    ("personal_data", "known", "unknown"),
    [
        ("none", [], ["C1", "Souza", "S•••", "ana@example.com"]),
        ("masked", ["C1", "=••• S•••"], ["Souza", "ana@example.com"]),
        ("full", ["C1", "=Ana Souza", "ana@example.com"], []),
    ],
)
def test_the_page_of_the_week_tells_no_more_of_people_than_the_list(
    marts: Warehouse, tmp_path: Path, personal_data: str, known: list[str], unknown: list[str]
) -> None:
    text = read_out(page_of(marts, tmp_path, report_personal_data=personal_data))
    assert [name for name in [*known, *unknown] if name in text] == known


@pytest.mark.nightly
@pytest.mark.skipif(not CHROMIUM, reason="needs chromium: apt-get install chromium")
def test_the_page_of_the_week_can_be_read_on_any_screen(marts: Warehouse, tmp_path: Path) -> None:
    """Bright and dark; from a phone on nothing is wider than the screen, whatever names hold."""
    run_sql(marts, f"update marts.rpt_customers_at_risk set email = '{'a' * 60}@example.com'")
    page_of(marts, tmp_path, report_personal_data="full", report_lang="pt_BR")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        for width in (320, 390, 700, 1024):
            for scheme in ("light", "dark"):
                shown = browser.new_page(viewport={"width": width, "height": 900})
                shown.emulate_media(color_scheme=scheme)
                shown.goto((tmp_path / "dashboard.html").as_uri())
                assert shown.evaluate("document.documentElement.scrollWidth") == width
                assert Axe().run(shown).response["violations"] == []
                shown.close()
        browser.close()


def test_the_page_of_the_week_is_of_the_reports_language(marts: Warehouse, tmp_path: Path) -> None:
    page = page_of(marts, tmp_path, report_lang="pt_BR")
    assert '<html lang="pt-BR">' in page
    says = "A receita de cada semana do último ano. 9 – 15 de nov. de 2026: R$ 48.213,50."
    assert says in read_out(page)


def test_the_page_of_the_week_is_sent_where_it_is_asked_for(
    marts: Warehouse, server: FakeTelegram, tmp_path: Path
) -> None:
    asked = settings(server, report_dashboard_file=True)
    said = publish_report(marts, connection(), asked, out=tmp_path)
    assert said == f"{CHAT}: chart sent, list sent, page sent."
    file = server.delivered[2].file
    assert file is not None
    assert file.name == "week_2026-11-09.html"
    assert file.content == (tmp_path / "dashboard.html").read_bytes()
    run_sql(marts, "update marts.weekly_sales set revenue = 1")
    assert publish_report(marts, connection(), asked, out=tmp_path) == (
        f"{CHAT}: chart unchanged, list unchanged, page brought up to date."
    )


def test_a_page_that_cannot_be_written_is_told_after_the_report_is_sent(
    marts: Warehouse, server: FakeTelegram, tmp_path: Path
) -> None:
    (tmp_path / "no_folder").touch()
    out = tmp_path / "no_folder" / "out"
    assert publish_report(marts, connection(), settings(server), out=out) == (
        f"{CHAT}: chart sent, list sent.\n"
        f"{out}/dashboard.html could not be written: Not a directory."
    )


def test_marts_of_another_date_are_not_sent(marts: Warehouse, server: FakeTelegram) -> None:
    with pytest.raises(UserError, match="built as of 2026-11-16, not 2026-11-09") as caught:
        publish_report(marts, connection(), settings(server), as_of=AsOf(date(2026, 11, 9)))
    assert "make demo AS_OF=2026-11-09" in str(caught.value)
    assert "as_of_date=2026-11-09" in str(caught.value)
    assert server.calls == []


NAMES = [
    '<b>&"Café" 50% off <script>',
    "n" * 300,
    "☕️👨‍👩‍👧‍👦🏳️‍🌈" * 40,
    "قهوة عربية </b> ממתק",
]
SHOPS = {
    "no orders": "update marts.rpt_weekly_report set orders = 0, revenue = 0, new_customers = 0",
    "one customer": """
        update marts.rpt_shop_totals set customers = 1, churned_customers = 0;
        update marts.rpt_weekly_report set active_customers_at_end = 1, churn_rate = null,
            churn_rate_week_before = null;
        update marts.rpt_churn_trend set active_customers_at_end = 1, churn_rate = null;
        delete from marts.rpt_churn_drivers""",
    "ten million": """
        update marts.rpt_weekly_report set revenue = 10000000, revenue_week_before = 9999999.99;
        update marts.rpt_shop_totals set revenue = 9999999999.99, customers = 10000000""",
}


@pytest.mark.parametrize("lang", ["en", "pt_BR"])
@pytest.mark.parametrize("shop", SHOPS)
@pytest.mark.parametrize("name", NAMES)
def test_whatever_the_data_hold_the_server_takes_it(
    marts: Warehouse, server: FakeTelegram, name: str, shop: str, lang: str
) -> None:
    quoted = name.replace("'", "''")
    run_sql(marts, SHOPS[shop])
    run_sql(
        marts,
        f"""
        update marts.rpt_weekly_report set dearest_product_name = '{quoted}',
            top_cancellation_reason = '{quoted}';
        update marts.rpt_churn_drivers set segment = '{quoted}';
        update marts.rpt_customers_at_risk set customer_name = '{quoted}',
            last_product_name = '{quoted}', cancellation_reason = '{quoted}'
        """,
    )
    publish_report(marts, connection(), settings(server, report_lang=lang))
    chart, listed = server.delivered
    assert "blockquote" in chart.entities
    assert listed.file is not None
    rows = listed.file.content.decode("utf-8-sig").splitlines()
    assert len(rows) == 3  # the headings and two customers: no name breaks a line


# --- by hand

COMMAND = [sys.executable, "scripts/send_report.py"]


def test_the_script_sends_and_says_so_in_one_line(marts: Warehouse, server: FakeTelegram) -> None:
    telegram = f"telegram://:{TOKEN}@{CHAT}"
    done = script(
        "--as-of=2026-11-16", "--lang=pt_BR", marts=marts, telegram=telegram, api_url=server.url
    )
    assert (done.stdout, done.stderr) == (f"{CHAT}: chart sent, list sent.\n", "")
    assert done.returncode == 0
    assert server.delivered[0].text.startswith("🟥 Churn de 2,2%, acima do normal")


def test_other_chats_can_be_named_by_hand(marts: Warehouse, server: FakeTelegram) -> None:
    server.chats.add("@other")
    telegram = f"telegram://:{TOKEN}@{CHAT}"
    done = script("--chat=@other", marts=marts, telegram=telegram, api_url=server.url)
    assert done.stdout == "@other: chart sent, list sent.\n"


def test_a_report_can_be_sent_again_by_force(marts: Warehouse, server: FakeTelegram) -> None:
    publish_report(marts, connection(), settings(server))
    telegram = f"telegram://:{TOKEN}@{CHAT}"
    done = script("--force", marts=marts, telegram=telegram, api_url=server.url)
    assert done.stdout == f"{CHAT}: chart sent again, list sent again.\n"
    assert len(server.delivered) == 4


@pytest.mark.parametrize(("method", "there"), [("sendPhoto", 1), ("sendDocument", 2)])
@pytest.mark.parametrize("resolve", ["sent", "resend"])
def test_a_process_that_dies_between_sending_and_noting_it_sends_nothing_twice(
    marts: Warehouse, server: FakeTelegram, method: str, there: int, resolve: str
) -> None:
    telegram = f"telegram://:{TOKEN}@{CHAT}"
    server.fail(Silence(), method=method)
    env = project_copy.environment(PROJECT, **environment(marts, telegram, server.url))
    with subprocess.Popen(COMMAND, cwd=PROJECT, env=env) as process:
        assert server.was_delivered(there)
        process.kill()
    assert len(server.delivered) == there

    again = script(marts=marts, telegram=telegram, api_url=server.url)
    assert "is not known, and it is not sent a second time" in again.stderr
    assert len(server.delivered) == there

    assert told(marts) == []

    settled = script(f"--resolve={resolve}", marts=marts, telegram=telegram, api_url=server.url)
    assert settled.returncode == 0
    assert len(server.delivered) == (2 if resolve == "sent" else 3)
    assert told(marts) == TOLD


def test_a_test_is_marked_and_not_remembered(marts: Warehouse, server: FakeTelegram) -> None:
    telegram = f"telegram://:{TOKEN}@{CHAT}"
    for _ in range(2):
        done = script("--test", marts=marts, telegram=telegram, api_url=server.url)
        assert done.stdout == f"{CHAT}: a test was sent.\n"
    assert told(marts) == []
    assert [m.kind for m in server.delivered] == ["photo", "document"] * 2
    assert server.delivered[0].text.startswith("🧪 Test, please ignore")
    assert publish_report(marts, connection(), settings(server)).endswith("sent, list sent.")


def test_a_check_answers_a_line_a_question(marts: Warehouse, server: FakeTelegram) -> None:
    server.rights["edit"] = False
    done = script(
        "--check", marts=marts, telegram=f"telegram://:{TOKEN}@{CHAT}", api_url=server.url
    )
    assert done.stdout.splitlines() == [
        "✔ The token is valid: the bot is @churn_report_bot.",
        f"✔ The bot knows the chat {CHAT}.",
        f"✔ It may post in {CHAT}.",
        f"✘ It may not pin in {CHAT}.",
    ]
    assert done.returncode == 0  # nobody asked for a pinned report
    assert server.delivered == []


def test_a_check_that_finds_something_wrong_ends_with_an_error(
    marts: Warehouse, server: FakeTelegram
) -> None:
    server.rights["post"] = False
    telegram = f"telegram://:{TOKEN}@-42,{CHAT}"
    done = script("--check", marts=marts, telegram=telegram, api_url=server.url)
    assert "✘ Telegram does not know the chat -42" in done.stdout
    assert f"✘ It may not post in {CHAT}." in done.stdout
    assert done.returncode == 1


def test_the_script_ends_a_wrong_chat_with_one_sentence(
    marts: Warehouse, server: FakeTelegram
) -> None:
    variables = environment(marts, f"telegram://:{TOKEN}@-42", server.url)
    done = project_copy.run(COMMAND, PROJECT, project_copy.environment(PROJECT, **variables))
    assert done.stderr.startswith("error: Telegram does not know the chat -42: check the host")
    assert done.stderr.count("\n") == 1
    assert (done.stdout, done.returncode) == ("", 1)
    assert server.delivered == []


def test_a_traceback_that_is_asked_for_holds_no_token(
    marts: Warehouse, server: FakeTelegram
) -> None:
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
        (
            ["--test", "--as-of=2026-11-09"],
            f"telegram://:{TOKEN}@{CHAT}",
            "built as of 2026-11-16, not 2026-11-09",
        ),
        (["--resolve=yes"], "", "--resolve yes is not possible"),
        (["--check"], "", "There is no connection telegram: set AIRFLOW_CONN_TELEGRAM"),
        (["--test"], "", "There is no connection telegram: set AIRFLOW_CONN_TELEGRAM"),
        (
            ["--resolve=sent"],
            f"telegram://:{TOKEN}@{CHAT}",
            "There is nothing to resolve: no message of this report",
        ),
        (["--lang=fr"], "", "The report has no language 'fr': it is written in en and pt_BR."),
        ([], f"telegram://:987654321:another@{CHAT}", "Telegram refuses the token of the bot"),
        ([], f"telegram://{CHAT}", "The connection telegram has no password"),
        ([], f"telegram://:{TOKEN}@", "The connection telegram has no host"),
    ],
)
def test_bad_input_ends_the_script_with_one_sentence(
    marts: Warehouse, server: FakeTelegram, arguments: list[str], telegram: str, says: str
) -> None:
    done = script(*arguments, marts=marts, telegram=telegram, api_url=server.url)
    assert done.returncode == 1
    assert done.stderr.startswith("error: ")
    assert says in done.stderr
    assert done.stderr.count("\n") == 1
    assert server.delivered == []


def test_a_dry_run_sends_nothing_even_with_a_connection(
    marts: Warehouse, server: FakeTelegram, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Not into the project's own out/, where somebody's preview may lie.
    monkeypatch.setattr(publish, "preview", lambda message, *_: f"Preview: {message.title}")
    telegram = f"telegram://:{TOKEN}@{CHAT}"
    done = script("--dry-run", marts=marts, telegram=telegram, api_url=server.url)
    assert done.stdout == "Preview: Weekly churn report\n"
    assert server.calls == []
