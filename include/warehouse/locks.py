"""Locks in the warehouse, each with its name.

A lock lasts as long as a transaction, so it holds behind a pooler, too, where the next transaction
may be in another session. The server gives it back when who holds it dies.
"""

import logging
from typing import NamedTuple

from psycopg2 import errors
from psycopg2.extensions import cursor as Cursor  # noqa: N812

from include.errors import TryAgainError
from include.schemas import schema_prefix

log = logging.getLogger(__name__)

LOAD_PATIENCE = 3600
"""Seconds to wait for those before a load: each may have a whole history to write."""


class Lock(NamedTuple):
    """What one at a time may do."""

    name: str
    """Who has other schemas in the database has other locks: their prefix stands before it."""
    holder: str
    """Who else may hold it, the beginning of a sentence."""
    patience: int = 600
    """Seconds to wait for it."""

    def still_held(self) -> TryAgainError:
        """What to tell who has waited long enough."""
        return TryAgainError(
            f"{self.holder} has been at work in the warehouse for more than {self.patience}"
            " seconds, and nothing was done: try again when it has ended, or end it."
        )


SCHEMAS = Lock("schemas", "Another process that makes a schema")
"""To make a schema or a table of ours; dbt takes it, too (macros/create_schema.sql)."""
BUILD = Lock("build", "Another build")
"""To be at work: shared by the processes of one run (macros/build_turn.sql)."""
CONTACTS = Lock("contacts", "Another process that notes a contact", 10)
"""To note what became of a customer of a list: a person waits for it."""
LOAD_BY_DLT = Lock("landing", "Another load by dlt", LOAD_PATIENCE)
LOAD_OF_FILES = Lock("load_files", "Another load of files", LOAD_PATIENCE)


def report_lock(report: str) -> Lock:
    """To decide what is sent of a report, and to send it."""
    return Lock(f"report: {report}", "Another process that sends this report")


def login_lock(source: str) -> Lock:
    """To use a source's refresh token, which is good for once."""
    return Lock(f"login: {source}", f"Another process that logs in to {source}")


def lock(cursor: Cursor, what: Lock, *, is_shared: bool = False) -> None:
    """Take a lock until the transaction ends, as long as that may be idle.

    What else the transaction locks is waited for as long; a shared lock may be held by several.
    Raises TryAgainError where that goes on for longer than the lock's patience.
    """
    name = schema_prefix() + what.name
    cursor.execute("set local idle_in_transaction_session_timeout = 0")
    cursor.execute("set local statement_timeout = 0")
    cursor.execute("set local lock_timeout = %s", (1000 * what.patience,))
    shared = "_shared" if is_shared else ""
    cursor.execute(f"select pg_try_advisory_xact_lock{shared}(hashtext(%s))", (name,))
    if cursor.fetchone() == (True,):
        return
    log.warning(
        "%s is at work in the warehouse: waiting for %s seconds at most.",
        what.holder,
        what.patience,
    )
    try:
        cursor.execute(f"select pg_advisory_xact_lock{shared}(hashtext(%s))", (name,))
    except errors.LockNotAvailable:
        raise what.still_held() from None
