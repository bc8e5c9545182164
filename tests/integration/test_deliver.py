"""A report reaches its chats once: the ledger in a real Postgres, the real client, a strict server.

The table of faults is `FAULTS`: what happens at each call, and how the chat ends.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import date
from typing import Any

import psycopg2
import pytest

from include.errors import TryAgainError, UserError
from include.telegram.client import Chat, Document, Photo, Telegram, Text, UnknownOutcomeError
from include.telegram.deliver import Part, deliver
from include.telegram.ledger import Entry, Ledger, Reason, State, reason_to_act
from include.warehouse.connection import Warehouse
from tests.support.fake_telegram import (
    CHAT,
    PNG,
    TOKEN,
    FakeTelegram,
    Garbage,
    HangUp,
    Naps,
    Refusal,
    Silence,
    fake_telegram,
    flood,
)

OTHER = "-1002222222222"
MONDAY = date(2026, 11, 9)
PARTS = [
    Part("chart", Photo(PNG, "<b>Churn rose</b>"), "4.1%"),
    Part("list", Document("customers.csv", b"a;b", "Whom to contact"), "a;b"),
]

pytestmark = pytest.mark.filterwarnings("ignore::telegram.warnings.PTBDeprecationWarning")

Deliver = Callable[..., list[str]]


@pytest.fixture
def server() -> Iterator[FakeTelegram]:
    with fake_telegram(TOKEN, CHAT, OTHER) as running:
        yield running


@pytest.fixture
def run(server: FakeTelegram, warehouse: Warehouse) -> Deliver:
    """A run of its own: another connection to the warehouse, another client."""

    def deliver_once(
        parts: list[Part] = PARTS,
        chats: tuple[str, ...] = (CHAT,),
        period: date = MONDAY,
        **options: Any,
    ) -> list[str]:
        with (
            closing(psycopg2.connect(warehouse.url)) as connection,
            Telegram(TOKEN, server.url, read_timeout=0.3, sleep=Naps()) as telegram,
        ):
            ledger = Ledger(connection, "weekly_churn", period)
            return deliver(parts, [Chat(chat) for chat in chats], telegram, ledger, **options)

    return deliver_once


def rows(warehouse: Warehouse, columns: str = "chat, part, state, reason") -> list[tuple[Any, ...]]:
    with closing(psycopg2.connect(warehouse.url)) as connection, connection.cursor() as cursor:
        cursor.execute(f"select {columns} from ops.report_deliveries order by chat, part")
        return cursor.fetchall()


def kinds(server: FakeTelegram, chat: str = CHAT) -> list[str]:
    """What a chat holds, in its order."""
    return [message.kind for message in server.delivered if message.chat_id == chat]


def changed(identity: str = "4.2%") -> list[Part]:
    """The report with another figure on its chart."""
    return [Part("chart", Photo(PNG, f"<b>{identity}</b>"), identity), PARTS[1]]


# --- what goes well


def test_the_list_answers_the_chart_without_a_sound(run: Deliver, server: FakeTelegram) -> None:
    assert run() == [f"{CHAT}: chart sent, list sent."]
    chart, listed = server.delivered
    assert (chart.kind, chart.is_silent, chart.reply_to) == ("photo", False, None)
    assert (listed.kind, listed.is_silent, listed.reply_to) == ("document", True, 1)


def test_every_part_has_its_row(run: Deliver, warehouse: Warehouse) -> None:
    run(pin=True)
    columns = "report, period_starts_on, chat, part, state, reason, message_id"
    assert rows(warehouse, columns) == [
        ("weekly_churn", MONDAY, CHAT, "chart", "sent", "first", 1),
        ("weekly_churn", MONDAY, CHAT, "list", "sent", "first", 2),
        ("weekly_churn", MONDAY, CHAT, "pin", "sent", "first", 1),
    ]


def test_run_again_unchanged_nothing_is_sent(run: Deliver, server: FakeTelegram) -> None:
    run(pin=True)
    calls = len(server.calls)
    assert run(pin=True) == [f"{CHAT}: chart unchanged, list unchanged."]
    assert len(server.calls) == calls
    assert server.pinned == [(CHAT, 1)]


def test_a_changed_figure_edits_the_message_in_place(
    run: Deliver, server: FakeTelegram, warehouse: Warehouse
) -> None:
    run()
    assert run(changed()) == [f"{CHAT}: chart brought up to date, list unchanged."]
    assert [message.text for message in server.delivered] == ["4.2%", "Whom to contact"]
    assert rows(warehouse) == [
        (CHAT, "chart", "sent", "changed"),
        (CHAT, "list", "sent", "first"),
    ]
    assert run(changed()) == [f"{CHAT}: chart unchanged, list unchanged."]


def test_another_week_is_another_report(run: Deliver, server: FakeTelegram) -> None:
    run()
    run(period=date(2026, 11, 16))
    assert kinds(server) == ["photo", "document"] * 2


def test_a_forced_report_is_sent_again_and_pinned_again(run: Deliver, server: FakeTelegram) -> None:
    run(pin=True)
    assert run(pin=True, force=True) == [f"{CHAT}: chart sent again, list sent again, pinned."]
    assert kinds(server) == ["photo", "document"] * 2
    assert server.pinned == [(CHAT, 1), (CHAT, 3)]
    run(changed())
    assert [message.message_id for message in server.edited] == [3]  # the later one


def test_a_list_that_comes_later_answers_the_chart_that_is_there(
    run: Deliver, server: FakeTelegram
) -> None:
    run(PARTS[:1])
    run()
    assert kinds(server) == ["photo", "document"]
    assert server.delivered[1].reply_to == 1


def test_every_chat_gets_it_and_one_that_fails_keeps_it_from_no_other(
    run: Deliver, server: FakeTelegram
) -> None:
    with pytest.raises(UserError, match=f"{OTHER}: chart sent, list sent.*know the chat -42"):
        run(chats=("-42", CHAT, OTHER))
    assert (kinds(server), kinds(server, OTHER)) == (["photo", "document"],) * 2
    server.chats.add("-42")
    run(chats=("-42", CHAT, OTHER))
    assert len(server.delivered) == 6  # only the one that had failed


def test_a_topic_is_a_chat_of_its_own(server: FakeTelegram, warehouse: Warehouse) -> None:
    with (
        closing(psycopg2.connect(warehouse.url)) as connection,
        Telegram(TOKEN, server.url) as telegram,
    ):
        ledger = Ledger(connection, "weekly_churn", MONDAY)
        deliver(PARTS[:1], [Chat(CHAT, 7), Chat(CHAT)], telegram, ledger)
    assert [message.thread_id for message in server.delivered] == [7, None]
    assert [row[0] for row in rows(warehouse)] == [CHAT, f"{CHAT}/7"]


# --- the table of faults: at which call, what, whether the run fails and how, what the chat holds
# after it, and after a second run without faults

MIGRATED = Refusal(
    400, "Bad Request: group chat was upgraded to a supergroup chat", migrate_to_chat_id=int(OTHER)
)
WHOLE = ["photo", "document"]
FAULTS: list[tuple[str, list[Exception], type[UserError] | None, list[str], list[str]]] = [
    ("getMe", [flood(1)], None, WHOLE, WHOLE),
    ("getMe", [flood(1)] * 2, None, WHOLE, WHOLE),
    ("getMe", [Refusal(403, "Forbidden")], UserError, [], WHOLE),
    ("getMe", [Refusal(500, "Internal Server Error")], None, WHOLE, WHOLE),
    ("getMe", [Silence()], None, WHOLE, WHOLE),
    ("sendPhoto", [flood(1)], None, WHOLE, WHOLE),
    ("sendPhoto", [flood(1)] * 2, None, WHOLE, WHOLE),
    ("sendPhoto", [flood(400)], TryAgainError, [], WHOLE),
    ("sendPhoto", [Refusal(403, "Forbidden: bot was kicked")], UserError, [], WHOLE),
    ("sendPhoto", [Refusal(500, "Internal Server Error")], UnknownOutcomeError, [], []),
    ("sendPhoto", [Silence()], UnknownOutcomeError, ["photo"], ["photo"]),
    ("sendPhoto", [HangUp()], UnknownOutcomeError, ["photo"], ["photo"]),
    ("sendPhoto", [Garbage("<html>")], UnknownOutcomeError, ["photo"], ["photo"]),
    ("sendDocument", [flood(1)], None, WHOLE, WHOLE),
    ("sendDocument", [flood(1)] * 2, None, WHOLE, WHOLE),
    ("sendDocument", [flood(400)], TryAgainError, ["photo"], WHOLE),
    ("sendDocument", [Refusal(403, "Forbidden: bot was kicked")], UserError, ["photo"], WHOLE),
    ("sendDocument", [Refusal(500, "Oops")], UnknownOutcomeError, ["photo"], ["photo"]),
    ("sendDocument", [Silence()], UnknownOutcomeError, WHOLE, WHOLE),
    ("sendDocument", [HangUp()], UnknownOutcomeError, WHOLE, WHOLE),
    ("pinChatMessage", [flood(1)], None, WHOLE, WHOLE),
    ("pinChatMessage", [Refusal(403, "Forbidden: bot was kicked")], UserError, WHOLE, WHOLE),
    ("pinChatMessage", [Refusal(500, "Internal Server Error")], None, WHOLE, WHOLE),
    ("pinChatMessage", [Silence()], None, WHOLE, WHOLE),
]


@pytest.mark.parametrize(("method", "faults", "error", "after", "after_second_run"), FAULTS)
def test_whatever_fails_the_chat_holds_the_report_at_most_once(
    run: Deliver,
    server: FakeTelegram,
    method: str,
    faults: list[Exception],
    error: type[UserError] | None,
    after: list[str],
    after_second_run: list[str],
) -> None:
    server.fail(*faults, method=method)
    if error is None:
        run(pin=True)
    else:
        with pytest.raises(UserError) as caught:
            run(pin=True)
        is_curable = isinstance(caught.value, TryAgainError)
        assert is_curable == (error is TryAgainError)
        assert ("--resolve sent" in str(caught.value)) == (error is UnknownOutcomeError)
    assert kinds(server) == after

    if error is UnknownOutcomeError:
        with pytest.raises(UserError, match="is not known, and it is not sent a second time"):
            run(pin=True)
    else:
        run(pin=True)
    assert kinds(server) == after_second_run
    if after_second_run == WHOLE and error is not UnknownOutcomeError:
        assert set(server.pinned) == {(CHAT, 1)}


def test_nobody_listens_nothing_is_lost(
    run: Deliver, server: FakeTelegram, monkeypatch: pytest.MonkeyPatch
) -> None:
    address, server.url = server.url, "http://127.0.0.1:9"  # the port "discard", which is closed
    with pytest.raises(TryAgainError, match=r"cannot be reached .* nothing was sent"):
        run()
    server.url = address
    run()
    assert kinds(server) == WHOLE


@pytest.mark.parametrize("method", ["sendPhoto", "sendDocument", "pinChatMessage"])
def test_a_group_that_migrates_has_one_report_at_its_new_id(
    run: Deliver, server: FakeTelegram, method: str
) -> None:
    server.fail(MIGRATED, method=method)
    run(pin=True)
    everything = [(message.chat_id, message.kind) for message in server.delivered]
    assert sorted(kind for _, kind in everything) == ["document", "photo"]
    server.fail(MIGRATED, MIGRATED, MIGRATED, method="sendPhoto")  # it stays as it is
    run(pin=True, chats=(OTHER,))
    assert [(message.chat_id, message.kind) for message in server.delivered] == everything


def test_a_group_that_is_still_configured_by_its_old_id_gets_nothing_twice(
    run: Deliver, server: FakeTelegram
) -> None:
    server.fail(MIGRATED, method="sendPhoto")
    run()
    server.fail(MIGRATED, method="sendPhoto")
    run()
    assert kinds(server, OTHER) == WHOLE
    assert kinds(server) == []


def test_a_part_that_the_new_id_has_not_comes_with_it(warehouse: Warehouse) -> None:
    with closing(psycopg2.connect(warehouse.url)) as connection:
        ledger = Ledger(connection, "weekly_churn", MONDAY)
        with ledger.deciding():
            ledger.write(OTHER, "chart", Entry(State.SENT, "new", 9), Reason.FIRST)
            ledger.write(CHAT, "chart", Entry(State.SENT, "old", 1), Reason.FIRST)
            ledger.write(CHAT, "list", Entry(State.SENT, "old", 2), Reason.FIRST)
            ledger.move(CHAT, OTHER)
            assert ledger.entry(OTHER, "list") == Entry(State.SENT, "old", None)
            assert ledger.entry(OTHER, "chart") == Entry(State.SENT, "new", 9)


# --- unknown outcomes


def test_who_saw_the_message_settles_it_and_the_rest_is_sent(
    run: Deliver, server: FakeTelegram, warehouse: Warehouse
) -> None:
    server.fail(Silence(), method="sendPhoto")
    with pytest.raises(UserError, match="--resolve sent if the message is there"):
        run()
    assert rows(warehouse) == [(CHAT, "chart", "sending", "unknown_outcome")]
    assert run(resolve=State.SENT) == [f"{CHAT}: chart unchanged, list sent."]
    assert kinds(server) == WHOLE
    assert server.delivered[1].reply_to is None  # nobody knows the number of the chart


def test_who_saw_no_message_has_it_sent(run: Deliver, server: FakeTelegram) -> None:
    server.fail(Refusal(502, "Bad Gateway"), method="sendPhoto")
    with pytest.raises(UserError, match="--resolve resend if it is not"):
        run()
    assert run(resolve=State.NOT_SENT) == [f"{CHAT}: chart sent, list sent."]
    assert kinds(server) == WHOLE


def test_what_is_known_to_be_there_is_not_sent_again_with_what_is_not(
    run: Deliver, server: FakeTelegram
) -> None:
    server.fail(Refusal(502, "Bad Gateway"), method="sendDocument")
    with pytest.raises(UserError, match="--resolve resend if it is not"):
        run()
    assert run(resolve=State.NOT_SENT) == [f"{CHAT}: chart unchanged, list sent."]
    assert kinds(server) == WHOLE


def test_two_chats_are_looked_at_and_settled_each_by_itself(
    run: Deliver, server: FakeTelegram, warehouse: Warehouse
) -> None:
    for _ in range(2):
        server.fail(Silence(), method="sendPhoto")
    both = {"chats": (CHAT, OTHER)}
    with pytest.raises(UserError) as caught:
        run(**both)
    assert str(caught.value).count("--resolve sent") == 1
    with pytest.raises(UserError, match=f"one chat at a time, as with --chat {CHAT}"):
        run(**both, resolve=State.SENT)
    run(chats=(CHAT,), resolve=State.SENT)
    assert [row[:3] for row in rows(warehouse)] == [
        (CHAT, "chart", "sent"),
        (CHAT, "list", "sent"),
        (OTHER, "chart", "sending"),
    ]
    run(**both, resolve=State.NOT_SENT)  # there is one left
    assert kinds(server) == WHOLE
    assert kinds(server, OTHER) == ["photo", *WHOLE]


def test_a_chat_that_has_it_settles_nothing_of_another(run: Deliver, server: FakeTelegram) -> None:
    run()
    server.fail(Silence(), method="sendPhoto")
    with pytest.raises(UserError):
        run(chats=(OTHER,))
    with pytest.raises(UserError, match=f"reached {OTHER}: .* --chat {OTHER}"):
        run(resolve=State.SENT)


def test_where_nothing_is_unknown_nothing_is_settled(run: Deliver, server: FakeTelegram) -> None:
    run()
    with pytest.raises(UserError, match="There is nothing to resolve"):
        run(resolve=State.NOT_SENT)
    assert kinds(server) == WHOLE


def test_a_message_whose_number_is_not_known_is_not_edited_but_said_to_be_old(
    run: Deliver, server: FakeTelegram, caplog: pytest.LogCaptureFixture
) -> None:
    server.fail(Silence(), method="sendPhoto")
    with pytest.raises(UserError):
        run()
    run(resolve=State.SENT)
    assert run(changed()) == [f"{CHAT}: chart not brought up to date, list unchanged."]
    assert kinds(server) == WHOLE
    assert "Send a new one with --force" in caplog.text


# --- two at once


def test_two_runs_at_the_same_time_send_one_report(run: Deliver, server: FakeTelegram) -> None:
    together = threading.Barrier(2)
    said: list[str] = []

    def one() -> None:
        together.wait()
        said.extend(run())

    threads = [threading.Thread(target=one) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    did = [part for of_a_run in said for part in of_a_run.strip(".").split(": ")[1].split(", ")]
    assert sorted(did) == ["chart sent", "chart unchanged", "list sent", "list unchanged"]
    assert kinds(server) == WHOLE


# --- the decision


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        (None, Reason.FIRST),
        (Entry(State.NOT_SENT, "a", None), Reason.FIRST),
        (Entry(State.SENT, "a", 1), Reason.UNCHANGED),
        (Entry(State.SENT, "b", 1), Reason.CHANGED),
        (Entry(State.SENDING, "a", None), Reason.UNKNOWN_OUTCOME),
    ],
)
def test_the_ledger_says_what_to_do(entry: Entry | None, reason: Reason) -> None:
    assert reason_to_act(entry, "a") is reason
    assert reason_to_act(entry, "a", force=True) is Reason.RESEND_FORCED


def test_a_part_is_another_one_when_its_identity_is() -> None:
    part = Part("chart", Text("x"), "4.1%")
    assert replace(part, content=Text("y")).content_hash == part.content_hash
    assert replace(part, identity="4.2%").content_hash != part.content_hash
