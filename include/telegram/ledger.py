"""What was sent: `ops.report_deliveries`, a row a report, period, chat and part.

Telegram cannot be asked whether a message is there, so every message is announced here before it is
sent and confirmed after it. A row that is still announced when nobody is sending any more belongs
to a message of unknown outcome.

One connection does, and no session: each step is a transaction with a lock of its own, so it holds
behind a pooler, too, even one with a single session.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from psycopg2.extensions import connection as Connection  # noqa: N812

from include.schemas import named
from include.warehouse.bookkeeping import prepare
from include.warehouse.locks import lock, report_lock

HANDOVER = 1.0
"""Seconds within which who has announced a message comes to send it."""


class State(StrEnum):
    """How far a part has come."""

    SENDING = "sending"
    """Announced; where nobody is sending, nobody knows whether it arrived."""
    SENT = "sent"
    NOT_SENT = "not_sent"
    """Certainly not delivered."""


class Reason(StrEnum):
    """Why a part is sent, edited, or left alone."""

    FIRST = "first"
    UNCHANGED = "unchanged"
    CHANGED = "changed"
    RESEND_FORCED = "resend_forced"
    UNKNOWN_OUTCOME = "unknown_outcome"


@dataclass(frozen=True)
class Entry:
    """A row; `message_id` is None where a person said that the message is there."""

    state: State
    content_hash: str
    message_id: int | None


def reason_to_act(entry: Entry | None, content_hash: str, *, force: bool = False) -> Reason:
    """What to do about a part whose content is now `content_hash`."""
    if force:
        return Reason.RESEND_FORCED
    if entry is None or entry.state is State.NOT_SENT:
        return Reason.FIRST
    if entry.state is State.SENDING:
        return Reason.UNKNOWN_OUTCOME
    return Reason.UNCHANGED if entry.content_hash == content_hash else Reason.CHANGED


class Ledger:
    """The rows of one report and period, read and written in `deciding` and `sending` only."""

    def __init__(self, connection: Connection, report: str, period_starts_on: date) -> None:
        self._connection = connection
        self._key = (report, period_starts_on)
        prepare(connection, "ops")

    @contextmanager
    def deciding(self) -> Iterator[None]:
        """Let nobody else decide or send meanwhile; what is written counts at the end.

        Between the announcement and the sending the lock is nobody's. A message that was announced
        just now has a sender who waits for it, and is left to them before it is judged.
        """
        self._lock()
        if self._is_just_announced():
            self._connection.commit()
            time.sleep(HANDOVER)
            self._lock()
        with self._until_committed():
            yield

    @contextmanager
    def sending(self) -> Iterator[None]:
        """The same for who has announced the message."""
        self._lock()
        with self._until_committed():
            yield

    def _lock(self) -> None:
        report, _ = self._key
        with self._connection.cursor() as cursor:
            lock(cursor, report_lock(report))

    @contextmanager
    def _until_committed(self) -> Iterator[None]:
        try:
            yield
        finally:
            self._connection.commit()  # also what is noted of a failure

    def _is_just_announced(self) -> bool:
        query = """
            select from {ops}.report_deliveries
            where report = %s and period_starts_on = %s and state = 'sending' and reason <> %s
                and changed_at > clock_timestamp() - interval '1 second' * %s
        """
        with self._connection.cursor() as cursor:
            cursor.execute(named(query), (*self._key, Reason.UNKNOWN_OUTCOME.value, HANDOVER))
            return cursor.rowcount > 0

    def entry(self, chat: str, part: str) -> Entry | None:
        """The row of a part."""
        query = """
            select state, content_hash, message_id from {ops}.report_deliveries
            where report = %s and period_starts_on = %s and chat = %s and part = %s
        """
        with self._connection.cursor() as cursor:
            cursor.execute(named(query), (*self._key, chat, part))
            row = cursor.fetchone()
        return Entry(State(row[0]), row[1], row[2]) if row else None

    def write(self, chat: str, part: str, entry: Entry, reason: Reason) -> None:
        """Make this the row of a part."""
        self._do(
            """
            insert into {ops}.report_deliveries (
                report, period_starts_on, chat, part, state, reason, content_hash, message_id,
                changed_at
            )
            values (%s, %s, %s, %s, %s, %s, %s, %s, clock_timestamp())
            on conflict (report, period_starts_on, chat, part) do update set
                state = excluded.state, reason = excluded.reason,
                content_hash = excluded.content_hash, message_id = excluded.message_id,
                changed_at = clock_timestamp()
            """,
            *self._key,
            chat,
            part,
            entry.state.value,
            reason.value,
            entry.content_hash,
            entry.message_id,
        )

    def chats_of_unknown_outcome(self) -> list[str]:
        """The chats of which nobody knows whether this report is in them."""
        query = """
            select distinct chat from {ops}.report_deliveries
            where report = %s and period_starts_on = %s and state = 'sending'
            order by chat
        """
        with self._connection.cursor() as cursor:
            cursor.execute(named(query), self._key)
            return [chat for (chat,) in cursor.fetchall()]

    def settle(self, chat: str, state: State) -> None:
        """Make the unknown outcomes of this report in a chat known."""
        self._do(
            """
            update {ops}.report_deliveries set state = %s, changed_at = clock_timestamp()
            where report = %s and period_starts_on = %s and chat = %s and state = 'sending'
            """,
            state.value,
            *self._key,
            chat,
        )

    def move(self, chat: str, new_chat: str) -> None:
        """Keep the rows of a chat under its new id, where that has none of its own.

        Messages of the old chat have other numbers in the new one, which nobody tells.
        """
        self._do(
            """
            update {ops}.report_deliveries as old set chat = %s, message_id = null
            where old.report = %s and old.period_starts_on = %s and old.chat = %s
                and not exists (
                    select 1 from {ops}.report_deliveries as new
                    where new.report = old.report and new.period_starts_on = old.period_starts_on
                        and new.part = old.part and new.chat = %s
                )
            """,
            new_chat,
            *self._key,
            chat,
            new_chat,
        )

    def _do(self, statement: str, *values: object) -> None:
        with self._connection.cursor() as cursor:
            cursor.execute(named(statement), values)
