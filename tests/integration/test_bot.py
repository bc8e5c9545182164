"""The bot: real updates through the real client, answers from a real Postgres by a strict server.

The rows are few enough to work out every answer by hand; the as-of date is 2026-11-16.
"""

import asyncio
import logging
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from typing import Any

import pytest
from psycopg2 import errors
from telegram import Update

from include import command_line
from include.bot.application import (
    App,
    Audience,
    Told,
    application,
    audience,
    content,
    take_tap,
)
from include.bot.question import AskAtRisk, AskChurn, Question, question
from include.bot.rows import reading
from include.connections import Connection
from include.paths import PROJECT
from include.report.wording import Wording
from include.settings import PersonalData, Settings
from include.telegram.client import Content, Photo, Text
from include.warehouse.connection import Warehouse
from scripts.bot import app as script
from tests.support import marts as marts_tables
from tests.support.fake_telegram import TOKEN, FakeTelegram, Refusal, fake_telegram

CHANNEL, GROUP, ANA, STRANGER = -1001234567890, -1009876543210, 42, 666
NASTY = '<b>&"Café" 50% off <script>'

pytestmark = pytest.mark.filterwarnings("ignore::telegram.warnings.PTBDeprecationWarning")

AS_OF = "2026-11-16"
NOWHERE = Warehouse("")
LONG = "&<ção🎉>" * 50
# cohort, its customers, and of each month since: who came back, and whether it is not over
COHORTS: list[tuple[str, int, list[tuple[float | None, bool | None]]]] = [
    ("2026-04-01", 9, [(1, False), (0.9, False)]),
    ("2026-05-01", 1000, [(1, False), (0.125, False), (0.0625, False), (0, False), (0.99, False)]),
    ("2026-06-01", 2, [(1, False), (0.5, False), (0.5, False), (0.5, False)]),
    ("2026-07-01", 3, [(1, False)]),
    ("2026-08-01", 4, [(1, False)]),
    ("2026-09-01", 5, [(1, False), (0.2, False), (0.4, True), (None, None)]),
    ("2026-10-01", 6, [(1, False), (0.3333, True), (None, None), (None, None)]),
]
ROWS: marts_tables.Rows = {
    "rpt_shop_totals": [
        {
            "as_of_on": AS_OF,
            "currency": "BRL",
            "customers": 6,
            "churned_customers": 2,
            "inactive_share": 0.3333,
            "repeat_customers": 3,
            "repeat_rate": 0.5,
            "orders": 20,
            "cancelled_orders": 1,
            "cancellation_rate": 0.05,
            "revenue": 1234.5,
            "net_revenue": 1234.5,
            "dearest_product_name": "Lamp 7",
            "dearest_product_price": 700,
            "rejected_rows": 0,
        }
    ],
    "rpt_weekly_report": [
        {
            "as_of_on": AS_OF,
            "week_starts_on": "2026-11-09",
            "week_ends_on": "2026-11-15",
            "currency": "BRL",
            "orders": 12,
            "revenue": 990,
            "new_customers": 1,
            "churned_customers": 2,
            "active_customers_at_end": 4,
            "churn_rate": 0.0224,
        }
    ],
    "rpt_prediction": [
        {
            "as_of_on": AS_OF,
            "at_risk_customers": 48,
            "value_at_stake": 175.00,
            "first_customers": 25,
            "first_share": 0.82,
            "first_minutes": 75,
        }
    ],
    "rpt_weekly_signals": [
        {
            "as_of_on": AS_OF,
            "week_starts_on": "2026-11-09",
            "figure": figure,
            "signal": "usual",
            "usual_low": 0.01,
            "usual_high": 0.03,
        }
        for figure in ("churn_rate", "cancellation_rate")
    ],
    "rpt_churn_trend": [
        {
            "as_of_on": AS_OF,
            "week_starts_on": "2026-11-02",
            "week_ends_on": "2026-11-08",
            "active_customers_at_end": 5,
            "new_customers": 1,
            "reactivated_customers": 0,
            "churned_customers": 0,
            "churn_rate": 0.5,
            "usual_churn_rate_low": 0.01,
            "usual_churn_rate_high": 0.03,
            "is_churn_rate_unusual": True,
        },
        {
            "as_of_on": AS_OF,
            "week_starts_on": "2026-11-09",
            "week_ends_on": "2026-11-15",
            "active_customers_at_end": 4,
            "new_customers": 1,
            "reactivated_customers": 0,
            "churned_customers": 2,
            "churn_rate": 0.0224,
            "usual_churn_rate_low": 0.01,
            "usual_churn_rate_high": 0.03,
            "is_churn_rate_unusual": False,
        },
    ],
    "rpt_churn_drivers": [],
    "rpt_outcomes": [{"as_of_on": AS_OF, "is_model_off": False}],
    # 120.50 + 23 * 1.00 = 143.50 of the 175.00 at stake
    "rpt_customers_at_risk": [
        {
            "as_of_on": AS_OF,
            "risk_rank": 1,
            "customer_key": "ana",
            "customer_id": "C-1042",
            "customer_name": "Ana Souza",
            "email": "ana@example.com",
            "state": "SP",
            "last_order_on": "2026-09-01",
            "rhythm_days": 20.0,
            "days_overdue": 34,
            "valid_orders": 3,
            "revenue": 90,
            "value_at_stake": 120.50,
            "probability_alive": 0.4,
            "last_product_name": NASTY,
            "suggested_reason": "overdue",
        },
        {
            "as_of_on": AS_OF,
            "risk_rank": 2,
            "customer_key": "bia",
            "customer_id": "bia@example.com",
            "last_order_on": "2026-10-05",
            "valid_orders": 1,
            "revenue": 9,
            "suggested_reason": "last_order_cancelled",
            "cancellation_reason": "<i>too late",
        },
        {
            "as_of_on": AS_OF,
            "risk_rank": 3,
            "customer_key": "c3",
            "customer_id": "C-3",
            "customer_name": LONG,
            "email": "c3@example.com",
            "state": "SP",
            "last_order_on": "2026-09-01",
            "rhythm_days": 20.0,
            "days_overdue": 1,
            "valid_orders": 3,
            "revenue": 90,
            "value_at_stake": 1,
            "probability_alive": 0.4,
            "last_product_name": LONG,
            "suggested_reason": "unlikely_to_return",
            "cancellation_reason": LONG,
        },
        *(
            {
                "as_of_on": AS_OF,
                "risk_rank": n,
                "customer_key": f"c{n}",
                "customer_id": f"{LONG}{n}",
                "customer_name": LONG,
                "email": LONG,
                "state": "SP",
                "last_order_on": "2026-09-01",
                "rhythm_days": 20.0,
                "days_overdue": 1000 + n,
                "valid_orders": 3,
                "revenue": 90,
                "value_at_stake": 1.00,
                "probability_alive": 0.4,
                "last_product_name": LONG,
                "suggested_reason": "last_order_cancelled",
                "cancellation_reason": LONG,
            }
            for n in range(4, 26)
        ),
    ],
    "churn_windows": [{"as_of_on": AS_OF, "fixed_window_days": 90}],
    "customer_churn": [
        {"customer_key": "k1", "last_order_on": "2026-11-15"},  # 1 day before
        {"customer_key": "k2", "last_order_on": "2026-10-17"},  # 30
        {"customer_key": "k3", "last_order_on": "2026-10-16"},  # 31
        {"customer_key": "k4", "last_order_on": "2026-08-18"},  # 90
        {"customer_key": "k5", "last_order_on": "2026-08-17"},  # 91
        {"customer_key": "k6", "last_order_on": "2025-11-16"},  # 365
    ],
    "monthly_cohorts": [
        {
            "cohort_month": month,
            "months_since": months_since,
            "cohort_customers": customers,
            "retention_rate": rate,
            "is_partial": is_partial,
        }
        for month, customers, months in COHORTS
        for months_since, (rate, is_partial) in enumerate(months)
    ],
    "dim_products": [
        *({"product_key": f"lamp {n}", "product_name": f"Lamp {n}"} for n in range(1, 8)),
        {"product_key": "dust", "product_name": "Pó de Café"},
        {"product_key": "nameless"},
        {"product_key": "nasty", "product_name": NASTY},
    ],
    "fct_order_items": [
        {
            "product_key": product,
            "quantity": quantity,
            "revenue": revenue,
            "is_in_valid_order": is_valid,
            "ordered_on": ordered_on,
        }
        for product, quantity, revenue, is_valid, ordered_on in [
            *((f"lamp {n}", 1, 100 * n, True, "2026-10-01") for n in range(1, 8)),
            # 6 for 60 in all, 3 for 30 of them in the seven days from 2026-11-09 to 2026-11-15
            ("nasty", 2, 20, True, "2026-11-15"),
            ("nasty", 1, 10, True, "2026-11-09"),
            ("nasty", 3, 30, True, "2026-11-08"),
            ("nasty", 5, 50, False, "2026-11-15"),
        ]
    ],
}


def run_sql(warehouse: Warehouse, statements: str) -> None:
    with closing(warehouse.connect()) as opened, opened, opened.cursor() as cursor:
        cursor.execute(statements)


@pytest.fixture
def marts(warehouse: Warehouse) -> Warehouse:
    """A warehouse with the tables that the bot reads."""
    marts_tables.make(warehouse.url, ROWS)
    run_sql(
        warehouse,
        f"{marts_tables.DATA_TESTS} insert into ops.data_tests values ('unique_orders', 'pass');"
        f"{marts_tables.TOLD_CUSTOMERS}{marts_tables.CONTACTS}",
    )
    return warehouse


@pytest.fixture
def server() -> Iterator[FakeTelegram]:
    with fake_telegram(TOKEN, *map(str, (CHANNEL, GROUP, ANA, STRANGER))) as running:
        yield running


def message(text: str, chat: int = GROUP, user: int = 7, number: int = 1) -> dict[str, Any]:
    """What Telegram tells a bot of a message; in a channel nobody is its sender."""
    kind = "private" if chat > 0 else "channel" if chat == CHANNEL else "supergroup"
    told: dict[str, Any] = {
        "message_id": 1000 + number,
        "date": 1_700_000_000,
        "chat": {"id": chat, "type": kind},
        "text": text,
    }
    if kind != "channel":
        told["from"] = {"id": user, "is_bot": False, "first_name": "Somebody"}
    if text.startswith("/"):
        length = len(text.split()[0])
        told["entities"] = [{"type": "bot_command", "offset": 0, "length": length}]
    return {"update_id": number, "channel_post" if kind == "channel" else "message": told}


def settings(**changes: Any) -> Settings:
    return Settings().model_copy(update=changes)


def bot(server: FakeTelegram, answered: Callable[[Question], Content]) -> App:
    who = Audience(frozenset({str(CHANNEL), str(GROUP)}), frozenset({ANA}))
    return application(TOKEN, server.url, who, answered, no_tap, Wording("en"))


def no_tap(data: str, user: int, tap: str) -> Told:
    raise AssertionError(f"{user} tapped {data} with {tap}")


def tell(app: App, *updates: dict[str, Any]) -> None:
    """Have updates processed, one after the other."""

    async def process() -> None:
        async with app:
            for update in updates:
                await app.process_update(Update.de_json(update, app.bot))

    asyncio.run(process())


def ask(
    server: FakeTelegram,
    marts: Warehouse,
    text: str,
    *,
    chat: int = GROUP,
    user: int = 7,
    **changes: Any,
) -> str:
    """The answer as it is shown, its special spaces made plain."""
    tell(
        bot(server, lambda asked: content(asked, lambda: marts, settings(**changes))),
        message(text, chat, user),
    )
    return " ".join(server.delivered[-1].text.replace("\n", "|").split()).replace("|", "\n")


# --- The commands


def test_churn_counts_who_is_silent_for_longer_than_the_window(
    server: FakeTelegram, marts: Warehouse
) -> None:
    assert ask(server, marts, "/churn") == (
        "Churned: 2 of 6 customers (33.3%)\n"
        "No valid order for more than 90 days.\n\n"
        "Churn rate Nov 9 – 15, 2026: 2.2% · usual 1.0% – 3.0%\n\n"
        "As of Nov 16, 2026."
    )


def test_churn_with_days_in_portuguese(server: FakeTelegram, marts: Warehouse) -> None:
    assert ask(server, marts, "/churn 30", report_lang="pt_BR") == (
        "Perdidos: 4 de 6 clientes (66,7%)\n"
        "Sem pedido válido há mais de 30 dias.\n\n"
        "Taxa de churn 9 – 15 de nov. de 2026: 2,2% · normal 1,0% – 3,0%\n"
        "Pela janela da própria loja, de 90 dias.\n\n"
        "Posição em 16 de nov. de 2026."
    )


def test_churn_without_a_week_or_a_customer_is_still_an_answer(
    server: FakeTelegram, marts: Warehouse
) -> None:
    run_sql(marts, "delete from marts.rpt_churn_trend; delete from marts.customer_churn")
    assert ask(server, marts, "/churn 1") == (
        "Churned: 0 of 0 customers (–)\nNo valid order for more than 1 day.\n\nAs of Nov 16, 2026."
    )


def test_at_risk_masks_who_they_are(server: FakeTelegram, marts: Warehouse) -> None:
    assert ask(server, marts, "/atrisk 2") == (
        "⏳ 48 customers at risk · R$175.00 at stake\n\n"
        "To contact first (2 of 48):\n\n"
        "1. A••• S••• · C-1042\n"
        f"R$120.50 at stake · last order Sep 1, 2026 · 34 days overdue · {NASTY}\n"
        "Later than usual, remind of the shop\n\n"
        "2. b•••\n"
        "last order Oct 5, 2026\n"
        "The last order was cancelled, offer it again (<i>too late)\n\n"
        "As of Nov 16, 2026."
    )


def test_at_risk_tells_names_and_addresses_where_the_owner_wants_it(
    server: FakeTelegram, marts: Warehouse
) -> None:
    answer = ask(
        server, marts, "/atrisk 2", report_personal_data=PersonalData.FULL, report_lang="pt_BR"
    )
    assert answer.startswith("⏳ 48 clientes em risco · R$ 175,00 em jogo")
    assert "A contatar primeiro (2 de 48):" in answer
    assert "1. Ana Souza · C-1042 · ana@example.com\n" in answer
    assert "último pedido 1 de set. de 2026 · 34 dias de atraso" in answer
    assert "2. bia@example.com\n" in answer


def test_at_risk_tells_nobody_where_the_owner_does_not_share_it(
    server: FakeTelegram, marts: Warehouse
) -> None:
    assert ask(server, marts, "/atrisk", report_personal_data=PersonalData.NONE) == (
        "⏳ 48 customers at risk · R$175.00 at stake\n\n"
        "The owner of the shop does not share who they are.\n\n"
        "As of Nov 16, 2026."
    )


@pytest.mark.parametrize("asked", ["/atrisk 2", "/product lamp"])
def test_amounts_of_several_currencies_are_called_so(
    server: FakeTelegram, marts: Warehouse, asked: str
) -> None:
    told = "Amounts in several currencies are added and ranked unconverted."
    assert told not in ask(server, marts, asked)
    run_sql(marts, "update marts.rpt_shop_totals set currency = 'mixed'")
    assert ask(server, marts, asked).endswith(f"\n\n{told}\n\nAs of Nov 16, 2026.")


# --- What people note of those listed


def noting(server: FakeTelegram, marts: Warehouse, lang: str = "en", **changes: Any) -> App:
    """A bot that answers from the marts, and notes what people tap."""
    who = Audience(frozenset({str(CHANNEL), str(GROUP)}), frozenset({ANA}))
    words = Wording(lang)
    return application(
        TOKEN,
        server.url,
        who,
        lambda asked: content(asked, lambda: marts, settings(report_lang=lang, **changes)),
        lambda data, user, tap: take_tap(data, user, tap, lambda: marts, words),
        words,
    )


def contacts(marts: Warehouse) -> list[tuple[Any, ...]]:
    """What was noted, the first first: of whom, what, by whom, through what, in which list."""
    with closing(marts.connect()) as connection, connection.cursor() as cursor:
        cursor.execute(
            "select convert_from(decode(left(customer_key::text, 6), 'hex'), 'UTF8'), outcome,"
            " noted_by, noted_through, listed_on::text from ops.contacts order by noted_at"
        )
        return cursor.fetchall()


def labels(server: FakeTelegram) -> list[str]:
    return [text for text, _ in server.delivered[-1].buttons]


FREE = ["1 contacted", "1 not now", "1 wrong person", "2 contacted", "2 not now", "2 wrong person"]


def test_what_somebody_did_is_noted_with_a_tap_and_undone_with_another(
    server: FakeTelegram, marts: Warehouse
) -> None:
    tell(noting(server, marts), message("/atrisk 2"))
    assert labels(server) == FREE

    tell(noting(server, marts), server.tap(server.delivered[-1], "2 contacted", number=2))
    assert contacts(marts) == [("bia", "contacted", "telegram:7", "bot", AS_OF)]
    assert server.told == [("Noted: contacted.", False)]
    assert labels(server) == [*FREE[:3], "2 contacted · undo"]

    tell(noting(server, marts), server.tap(server.delivered[-1], "2 contacted · undo", number=3))
    assert [row[1] for row in contacts(marts)] == ["contacted", "undone"]  # nothing is taken away
    assert server.told[-1] == ("Undone.", False)
    assert labels(server) == FREE


def test_a_list_that_is_asked_for_again_shows_what_was_noted(
    server: FakeTelegram, marts: Warehouse
) -> None:
    tell(noting(server, marts, "pt_BR"), message("/atrisk 2"))
    tap = server.tap(server.delivered[-1], "1 pessoa errada", number=2)
    tell(noting(server, marts, "pt_BR"), tap, message("/atrisk 1", number=3))
    assert server.told == [("Anotado: pessoa errada.", False)]
    assert labels(server) == ["1 pessoa errada · desfazer"]


def test_a_tap_that_comes_twice_is_noted_once(server: FakeTelegram, marts: Warehouse) -> None:
    tell(noting(server, marts), message("/atrisk 2"))
    listed = server.delivered[-1]
    again = server.tap(listed, "1 contacted", number=2)
    by_another = server.tap(listed, "1 contacted", user=8, number=3)
    tell(noting(server, marts), again, again, by_another)
    assert contacts(marts) == [("ana", "contacted", "telegram:7", "bot", AS_OF)]
    assert server.told == [("Noted: contacted.", False), ("That is noted already.", False)]


def test_who_may_not_note_is_told_so(server: FakeTelegram, marts: Warehouse) -> None:
    """Strangers, and who only reads a channel; not who is named, wherever they tap."""
    no = ("Here you may not note anything: the owner of the shop says who may.", True)
    tell(noting(server, marts), message("/atrisk 2", CHANNEL))
    listed = server.delivered[-1]
    tell(noting(server, marts), server.tap(listed, "1 contacted", number=2, kind="channel"))
    elsewhere = replace(listed, chat_id=str(STRANGER))
    tell(noting(server, marts), server.tap(elsewhere, "1 contacted", user=STRANGER, number=3))
    assert server.told == [no, no]
    assert contacts(marts) == []

    tap = server.tap(listed, "1 contacted", user=ANA, number=4, kind="channel")
    tell(noting(server, marts), tap)
    assert contacts(marts) == [("ana", "contacted", "telegram:42", "bot", AS_OF)]


def test_a_list_that_nobody_knows_any_more_is_told_to_be_old(
    server: FakeTelegram, marts: Warehouse
) -> None:
    tell(noting(server, marts), message("/atrisk 2"))
    taps = [
        server.tap(server.delivered[-1], "1 contacted", number=2),
        server.tap(server.delivered[-1], "2 contacted", number=3),
        server.tap(server.delivered[-1], "2 not now", number=4),
    ]
    taps[2]["callback_query"]["data"] = "whatever"
    # a week later; of the old list only Bia was told of
    run_sql(
        marts,
        "insert into ops.told_customers (as_of_on, customer_key, is_control, prediction_days,"
        " report, period_starts_on, chat) select as_of_on, customer_key, risk_rank = 1, 90, 'r',"
        " as_of_on, 'c' from marts.rpt_customers_at_risk where risk_rank <= 2;"
        " update marts.rpt_customers_at_risk set as_of_on = '2026-11-23'",
    )
    tell(noting(server, marts), *taps)
    old = ("This list is not known any more: ask for a new one with /atrisk.", True)
    assert server.told == [old, ("Noted: contacted.", False), old]
    assert contacts(marts) == [("bia", "contacted", "telegram:7", "bot", AS_OF)]


def test_a_tap_that_cannot_be_noted_or_answered_ends_nothing(
    server: FakeTelegram, marts: Warehouse, caplog: pytest.LogCaptureFixture
) -> None:
    tell(noting(server, marts), message("/atrisk 2"))
    listed = server.delivered[-1]
    run_sql(marts, "alter table ops.contacts rename to contact")
    tell(noting(server, marts), server.tap(listed, "1 contacted", number=2))
    assert server.told == [("It could not be noted: try again later.", True)]

    run_sql(marts, "alter table ops.contact rename to contacts")
    late = server.tap(listed, "1 contacted", number=3)
    server.queries.clear()
    tell(noting(server, marts), late)
    assert [row[1] for row in contacts(marts)] == ["contacted"]
    assert TOKEN not in caplog.text


def test_who_was_contacted_last_week_is_marked(server: FakeTelegram, marts: Warehouse) -> None:
    run_sql(
        marts, "update marts.rpt_customers_at_risk set last_contact = 'not_now' where risk_rank = 2"
    )
    assert "last order Oct 5, 2026 · last week: not now\n" in ask(server, marts, "/atrisk 2")


def test_at_risk_is_five_customers_unless_told(server: FakeTelegram, marts: Warehouse) -> None:
    assert "first (5 of 48):" in ask(server, marts, "/atrisk")


@pytest.mark.parametrize("personal_data", [PersonalData.MASKED, PersonalData.FULL])
def test_a_thousand_at_risk_are_twenty_at_most_and_fit_a_message(
    server: FakeTelegram, marts: Warehouse, personal_data: PersonalData
) -> None:
    assert question("atrisk", ["1000"]) == AskAtRisk(20)
    answer = ask(server, marts, "/atrisk 1000", report_personal_data=personal_data)
    [delivered] = server.delivered  # else the strict server would have refused it
    shown = int(answer.split("first (")[1].split(" of")[0])
    assert 10 <= shown <= 20
    assert f"\n{shown}. " in answer
    assert f"\n{shown + 1}. " not in answer
    assert answer.endswith("As of Nov 16, 2026.")
    assert delivered.text.count("🎉") > 0


def test_nobody_at_risk_is_an_answer(server: FakeTelegram, marts: Warehouse) -> None:
    run_sql(
        marts,
        "delete from marts.rpt_customers_at_risk;"
        " update marts.rpt_prediction set at_risk_customers = 0, value_at_stake = null",
    )
    assert ask(server, marts, "/atrisk") == "⏳ 0 customers at risk\n\nAs of Nov 16, 2026."


def test_cohorts_are_the_last_six_as_a_table_for_a_phone(
    server: FakeTelegram, marts: Warehouse
) -> None:
    ask(server, marts, "/cohorts")
    [delivered] = server.delivered
    assert delivered.text == (
        "Who came back\n"
        "  First   New    +1     +2     +3\n"
        " 5/2026 1,000 12.5%   6.2%   0.0%\n"
        " 6/2026     2 50.0%  50.0%  50.0%\n"
        " 7/2026     3     –      –      –\n"
        " 8/2026     4     –      –      –\n"
        " 9/2026     5 20.0%  40.0%*     –\n"
        "10/2026     6 33.3%*     –      –\n\n"
        "New: customers by the month of their first order. +1: share of them that ordered in the"
        " month after.\n"
        "*: a month that is not over.\n\n"
        "As of Nov 16, 2026."
    )
    assert delivered.entities == ("b", "pre", "i")


def test_cohorts_in_portuguese(server: FakeTelegram, marts: Warehouse) -> None:
    answer = ask(server, marts, "/cohorts", report_lang="pt_BR")
    assert answer.startswith("Quem voltou\n Início Novos +1 +2 +3\n05/2026 1.000 12,5% 6,2% 0,0%\n")
    assert answer.endswith("*: mês ainda em curso.\n\nPosição em 16 de nov. de 2026.")


def test_no_cohort_is_an_answer(server: FakeTelegram, marts: Warehouse) -> None:
    run_sql(marts, "delete from marts.monthly_cohorts")
    assert "Nobody has ordered yet." in ask(server, marts, "/cohorts")


def test_a_product_is_found_without_accents_and_capitals(
    server: FakeTelegram, marts: Warehouse
) -> None:
    assert ask(server, marts, "/product  CAFE") == (
        "2 products found\n\n"
        f"{NASTY}\n"
        "so far: 6 sold, R$60.00\n"
        "last 7 days: 3 sold, R$30.00\n\n"
        "Pó de Café\n"
        "so far: 0 sold, R$0.00\n"
        "last 7 days: 0 sold, R$0.00\n\n"
        "As of Nov 16, 2026."
    )


@pytest.mark.parametrize("name", [NASTY, "50% OFF", "%", "<SCRIPT>", "&"])
def test_a_name_that_means_something_elsewhere_is_only_a_name(
    server: FakeTelegram, marts: Warehouse, name: str
) -> None:
    answer = ask(server, marts, f"/product {name}")
    assert answer.startswith(f"1 product found\n\n{NASTY}\n")


def test_of_many_products_the_best_five_are_told(server: FakeTelegram, marts: Warehouse) -> None:
    answer = ask(server, marts, "/product lamp", report_lang="pt_BR")
    assert answer.startswith(
        "7 produtos encontrados. Os 5 de maior receita:\n\n"
        "Lamp 7\naté agora: 1 un., R$ 700,00\núltimos 7 dias: 0 un., R$ 0,00\n\nLamp 6\n"
    )
    assert "Lamp 3" in answer
    assert "Lamp 2" not in answer


@pytest.mark.parametrize(
    "name",
    [
        "'; drop table marts.dim_products; --",
        "%(keys)s",
        "' or 1=1 --",
        "<b>bold</b>",
        "\\",
        "x" * 4000,
    ],
)
def test_a_name_that_no_product_has_says_so_and_does_nothing(
    server: FakeTelegram, marts: Warehouse, name: str
) -> None:
    answer = ask(server, marts, f"/product {name}")
    assert answer.startswith(f"No product has a name like “{name[:39].rstrip()}")
    assert answer.endswith("As of Nov 16, 2026.")
    assert "2 products found" in ask(server, marts, "/product café")


def test_the_report_is_the_chart_with_its_caption(server: FakeTelegram, marts: Warehouse) -> None:
    ask(server, marts, "/report")
    [delivered] = server.delivered
    assert delivered.kind == "photo"
    assert "Churn of the first weeks is 2.2%" in delivered.text
    assert "As of Nov 16, 2026." in delivered.text
    assert delivered.reply_to == 1001


def test_the_report_in_portuguese(server: FakeTelegram, marts: Warehouse) -> None:
    assert "O churn das primeiras semanas é 2,2%" in ask(
        server, marts, "/report", report_lang="pt_BR"
    )


@pytest.mark.parametrize("text", ["/help", "/start", "/HELP@churn_report_bot"])
def test_help_names_every_command(server: FakeTelegram, text: str) -> None:
    answer = ask(server, NOWHERE, text)
    assert answer.startswith("Ask about the shop:\n/report – the weekly report\n/churn – ")
    assert answer.count("\n/") == 6


def test_help_in_portuguese_also_for_what_is_no_command(server: FakeTelegram) -> None:
    answer = ask(server, NOWHERE, "oi", chat=ANA, user=ANA, report_lang="pt_BR")
    assert answer.startswith("Pergunte sobre a loja:\n/report – o relatório semanal\n")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("/churn abc", "Write the window as a whole number of days from 1 to 3,650: /churn 60"),
        ("/churn 0", "Write the window"),
        ("/churn -5", "Write the window"),
        ("/churn 3651", "Write the window"),
        ("/churn 1e3", "Write the window"),
        ("/churn ²", "Write the window"),
        (f"/churn {'9' * 4000}", "Write the window"),
        ("/churn 30 60", "Write the window"),
        ("/atrisk many", "Write the number of customers, 20 at most: /atrisk 10"),
        ("/atrisk 0", "Write the number"),
        ("/product", "Write the name of a product, or a part of it: /product lamp"),
        ("/product \u0301", "Write the name"),
    ],
)
def test_a_question_that_makes_no_sense_is_told_how_to_ask(
    server: FakeTelegram, text: str, says: str
) -> None:
    assert ask(server, NOWHERE, text).startswith(says)


def test_a_window_is_of_one_day_to_ten_years() -> None:
    assert [question("churn", [days]) for days in ("1", "3650")] == [AskChurn(1), AskChurn(3650)]


def test_a_question_that_makes_no_sense_in_portuguese(server: FakeTelegram) -> None:
    answer = ask(server, NOWHERE, "/churn abc", report_lang="pt_BR")
    assert answer == "Escreva a janela como número inteiro de dias, de 1 a 3.650: /churn 60"


# --- Who may ask


def test_a_post_in_the_channel_is_answered_in_the_channel(
    server: FakeTelegram, marts: Warehouse
) -> None:
    assert "2 of 6" in ask(server, marts, "/churn", chat=CHANNEL)
    assert server.delivered[0].chat_id == str(CHANNEL)


def test_a_user_of_the_settings_is_answered_in_private(
    server: FakeTelegram, marts: Warehouse
) -> None:
    assert "2 of 6" in ask(server, marts, "/churn", chat=ANA, user=ANA)
    assert server.delivered[0].chat_id == str(ANA)


def test_a_question_in_a_topic_is_answered_there(server: FakeTelegram) -> None:
    update = message("/help")
    update["message"] |= {"message_thread_id": 5, "is_topic_message": True}
    tell(bot(server, lambda _: Text("yes")), update)
    assert server.delivered[0].thread_id == 5


@pytest.mark.parametrize(("chat", "user"), [(STRANGER, STRANGER), (-100666, ANA), (-100666, 7)])
def test_nobody_else_gets_an_answer_and_the_log_says_so_once_a_chat(
    server: FakeTelegram, caplog: pytest.LogCaptureFixture, chat: int, user: int
) -> None:
    def nothing(_: Question) -> Content:
        raise AssertionError

    tell(
        bot(server, nothing),
        *(
            message(text, chat, user, number)
            for number, text in enumerate(["/churn my secret", "/help", "/atrisk", "hi"])
        ),
    )
    assert server.calls == ["getMe"]
    [record] = [r for r in caplog.records if r.name == "include.bot.application"]
    assert record.getMessage() == f"The chat {chat} is not one of those that get an answer."
    assert "secret" not in caplog.text


def test_changed_messages_other_bots_commands_and_talk_get_no_answer(server: FakeTelegram) -> None:
    changed = message("/help")
    changed["edited_message"] = changed.pop("message")
    others = message("/help@another_bot"), message("/unknown"), message("see /help"), message("hi")
    tell(bot(server, lambda _: Text("yes")), changed, *others)
    assert server.calls == ["getMe"]


def test_a_chat_of_the_connection_may_be_named(server: FakeTelegram) -> None:
    update = message("/help", CHANNEL)
    update["channel_post"]["chat"]["username"] = "Shop"
    who = audience(Connection("telegram", "@sHop", None, None, TOKEN, None), None, frozenset())
    answers = application(TOKEN, server.url, who, lambda _: Text("yes"), no_tap, Wording("en"))
    tell(answers, update)
    assert [delivered.text for delivered in server.delivered] == ["yes"]


def test_the_audience_is_the_chats_of_both_connections_and_the_users() -> None:
    telegram = Connection("telegram", "-1,-2/5", None, None, TOKEN, None)
    ops = Connection("telegram", "-3", None, None, None, None)
    who = audience(telegram, ops, frozenset({42, 5}))
    assert who == Audience(frozenset({"-1", "-2", "-3"}), frozenset({42, 5}))
    assert str(who) == "the chats -1, -2, -3, and in private the users 5, 42"
    assert str(audience(telegram, None, frozenset())) == "the chats -1, -2"


def test_users_are_numbers_separated_by_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Settings().telegram_bot_users == frozenset()
    monkeypatch.setenv("TELEGRAM_BOT_USERS", " 42, 5,")
    assert Settings().telegram_bot_users == {42, 5}


# --- What it may do in the database


@pytest.mark.parametrize(
    "statement",
    [
        "delete from marts.dim_products",
        "create table marts.mine (n int)",
        "select nextval('marts.numbers')",
    ],
)
def test_the_connection_cannot_write(marts: Warehouse, statement: str) -> None:
    run_sql(marts, "create sequence marts.numbers")
    with reading(marts) as connection, connection.cursor() as cursor:
        cursor.execute("show statement_timeout")
        assert cursor.fetchone() == ("5s",)
        with pytest.raises(errors.ReadOnlySqlTransaction):
            cursor.execute(statement)


def test_a_query_that_takes_too_long_is_given_up(
    server: FakeTelegram, marts: Warehouse, caplog: pytest.LogCaptureFixture
) -> None:
    run_sql(
        marts,
        """
        alter table marts.dim_products rename to products;
        create view marts.dim_products as
            select products.* from marts.products, (select pg_sleep(600)) as slow;
        """,
    )
    tell(
        bot(server, lambda asked: content(asked, lambda: marts, settings(), timeout=0.2)),
        message("/product lamp"),
    )
    [delivered] = server.delivered
    assert delivered.text == "The answer took too long and was given up: try again later."
    assert "AskProduct took longer than 0.2 seconds." in caplog.text


@pytest.mark.parametrize("text", ["/report", "/churn", "/atrisk", "/cohorts", "/product lamp"])
@pytest.mark.parametrize(
    "broken_by",
    [
        "drop schema marts cascade",
        "delete from marts.rpt_shop_totals; delete from marts.churn_windows",
        # a shop without an order knows no date
        "update marts.rpt_shop_totals set as_of_on = null;"
        " update marts.churn_windows set as_of_on = null",
    ],
)
def test_marts_that_are_not_built_are_a_sentence(
    server: FakeTelegram, marts: Warehouse, text: str, broken_by: str
) -> None:
    run_sql(marts, broken_by)
    assert ask(server, marts, text) == (
        "The figures cannot be read: they were not built yet, or are being built right now."
    )


def test_a_warehouse_that_does_not_answer_is_a_sentence(
    server: FakeTelegram, caplog: pytest.LogCaptureFixture
) -> None:
    answer = ask(
        server, Warehouse("postgresql://me:hidden@127.0.0.1:1/x"), "/churn", report_lang="pt_BR"
    )
    assert answer.startswith("Não é possível ler os números")
    assert "No Postgres answers at 127.0.0.1:1" in caplog.text
    assert "hidden" not in caplog.text


def test_whatever_else_fails_is_a_sentence(
    server: FakeTelegram, marts: Warehouse, caplog: pytest.LogCaptureFixture
) -> None:
    run_sql(marts, "update marts.rpt_customers_at_risk set suggested_reason = 'new_reason'")
    assert ask(server, marts, "/atrisk") == (
        "The question could not be answered: why is in the log of the bot."
    )
    assert "suggest_new_reason" in caplog.text


def test_an_answer_that_telegram_refuses_becomes_a_sentence(
    server: FakeTelegram, caplog: pytest.LogCaptureFixture
) -> None:
    tell(bot(server, lambda _: Photo(b"no picture", "caption")), message("/report"))
    assert [delivered.text for delivered in server.delivered] == [Wording("en").text("bot_failed")]
    assert "Telegram refuses an answer: BadRequest Image_process_failed." in caplog.text


# --- The program


def test_it_goes_on_asking_while_an_answer_is_made(server: FakeTelegram) -> None:
    def slow(_: Question) -> Content:
        asked = server.calls.count("getUpdates")
        server.wait_until(lambda: server.calls.count("getUpdates") > asked + 1)
        return Text("at last")

    async def poll() -> None:
        app = bot(server, slow)
        async with app:
            await app.start()
            assert app.updater is not None
            await app.updater.start_polling()
            server.post(message("/report"))
            await asyncio.to_thread(server.wait_until, lambda: server.calls.count("getUpdates") > 1)
            server.post(message("hi", number=2))
            await asyncio.to_thread(server.wait_until, lambda: server.delivered)
            await app.updater.stop()
            await app.stop()

    asyncio.run(poll())
    assert [delivered.text for delivered in server.delivered] == ["at last"]


def test_the_token_is_in_no_log_at_any_level(
    server: FakeTelegram, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    server.fail(
        Refusal(403, f"Forbidden: {TOKEN}"),
        Refusal(429, "Too Many Requests: retry after 9", retry_after=9),
        Refusal(500, f"Internal Server Error bot{TOKEN}"),
        Refusal(401, "Unauthorized"),
    )
    tell(bot(server, lambda _: Text("yes")), *[message("/help")] * 5)
    assert [delivered.text for delivered in server.delivered] == ["yes"]
    assert caplog.text.count("Telegram could not be asked or answered: ") == 4
    assert TOKEN not in caplog.text
    assert TOKEN.split(":")[1] not in caplog.text


@pytest.fixture
def start(
    server: FakeTelegram, marts: Warehouse
) -> Iterator[Callable[..., "subprocess.Popen[str]"]]:
    """Starts the script; whatever is left of it is killed at the end."""
    started: list[subprocess.Popen[str]] = []

    def start_script(**variables: str) -> "subprocess.Popen[str]":
        env = {
            "AIRFLOW_CONN_WAREHOUSE": marts.url,
            "AIRFLOW_CONN_TELEGRAM": f"telegram://:{TOKEN}@{CHANNEL}",
            "TELEGRAM_API_URL": server.url,
            "TELEGRAM_BOT_USERS": str(ANA),
        }
        started.append(
            subprocess.Popen(
                [sys.executable, PROJECT / "scripts" / "bot.py"],
                env=os.environ | env | variables,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
        )
        return started[-1]

    yield start_script
    for program in started:
        program.kill()
        program.communicate()


@pytest.mark.parametrize("ends_by", [signal.SIGINT, signal.SIGTERM])
def test_the_script_answers_new_questions_until_it_is_ended(
    server: FakeTelegram, start: Callable[..., "subprocess.Popen[str]"], ends_by: int
) -> None:
    server.post(message("/help", CHANNEL, number=1))  # of before: nobody waits for it any more
    program = start()
    server.wait_until(lambda: "getUpdates" in server.calls)
    server.post(message("/churn", CHANNEL, number=2), message("/churn 30", ANA, ANA, number=3))
    server.wait_until(lambda: len(server.delivered) == 2)
    program.send_signal(ends_by)
    stdout, stderr = program.communicate(timeout=60)
    assert [delivered.text[:17] for delivered in server.delivered] == [
        "Churned: 2 of 6 c",
        "Churned: 4 of 6 c",
    ]
    assert stdout == (
        f"@churn_report_bot answers the chats {CHANNEL}, and in private the users {ANA}."
        " Ctrl-C ends it.\n@churn_report_bot has stopped.\n"
    )
    assert (program.returncode, stderr) == (0, "")


def test_a_token_that_is_taken_back_ends_the_script_with_a_sentence(
    server: FakeTelegram, start: Callable[..., "subprocess.Popen[str]"]
) -> None:
    server.fail(Refusal(401, "Unauthorized"), method="getUpdates")
    program = start()
    stdout, stderr = program.communicate(timeout=60)
    assert stderr.startswith("error: Telegram refuses the token of the bot")
    assert stderr.count("\n") == 1
    assert program.returncode == 1
    assert TOKEN not in stdout + stderr


def test_a_second_bot_is_told_of(
    server: FakeTelegram, start: Callable[..., "subprocess.Popen[str]"]
) -> None:
    conflict = "Conflict: terminated by other getUpdates request; make sure that only one bot"
    server.fail(Refusal(409, conflict), method="getUpdates")
    program = start()
    server.wait_until(lambda: server.calls.count("getUpdates") > 1)
    program.send_signal(signal.SIGTERM)
    _, stderr = program.communicate(timeout=60)
    assert stderr.endswith("ERROR Another program answers as this bot: end one of the two.\n")
    assert program.returncode == 0


@pytest.mark.parametrize(
    ("variables", "says"),
    [
        ({"AIRFLOW_CONN_TELEGRAM": ""}, "error: There is no connection telegram: set"),
        ({"AIRFLOW_CONN_TELEGRAM": "telegram://:1:x@-1"}, "error: Telegram refuses the token"),
        ({"AIRFLOW_CONN_TELEGRAM": f"telegram://:{TOKEN}@"}, "error: The connection telegram has"),
        ({"TELEGRAM_BOT_USERS": "5,ana"}, "error: The setting TELEGRAM_BOT_USERS='ana' cannot be"),
    ],
)
def test_a_bot_that_cannot_start_says_why(
    server: FakeTelegram, monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], says: str
) -> None:
    for name, value in (variables | {"TELEGRAM_API_URL": server.url}).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "argv", ["bot.py"])
    with pytest.raises(SystemExit) as caught:
        command_line.run(script)
    assert str(caught.value.code).startswith(says)
    assert "\n" not in str(caught.value.code)
