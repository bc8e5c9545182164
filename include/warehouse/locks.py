"""Locks in the warehouse, and the schemas and tables of ours that several processes make at once.

A lock lasts as long as a transaction, so it holds behind a pooler, too, where the next transaction
may be in another session. The server gives it back when who holds it dies.
"""

import logging

from psycopg2 import errors
from psycopg2.extensions import connection as Connection  # noqa: N812
from psycopg2.extensions import cursor as Cursor  # noqa: N812

from include.errors import TryAgainError, UserError
from include.schemas import schema, schema_prefix

log = logging.getLogger(__name__)

PATIENCE = 600
"""Seconds to wait for a lock."""
LOAD_PATIENCE = 3600
"""The same for those before a load: each may have a whole history to write."""
SCHEMAS = "schemas"
"""The lock of who makes one; dbt takes it, too (macros/create_schema.sql)."""


def lock(
    cursor: Cursor, name: str, who: str, patience: int = PATIENCE, *, is_shared: bool = False
) -> None:
    """Take a lock until the transaction ends, as long as that may be idle.

    What else the transaction locks is waited for as long. `who` is who else may hold the lock, the
    beginning of a sentence; a shared lock may be held by several. Raises TryAgainError where that
    goes on for `patience` seconds. Who has other schemas in the database has other locks.
    """
    name = schema_prefix() + name
    cursor.execute("set local idle_in_transaction_session_timeout = 0")
    cursor.execute("set local statement_timeout = 0")
    cursor.execute("set local lock_timeout = %s", (1000 * patience,))
    shared = "_shared" if is_shared else ""
    cursor.execute(f"select pg_try_advisory_xact_lock{shared}(hashtext(%s))", (name,))
    if cursor.fetchone() == (True,):
        return
    log.warning("%s is at work in the warehouse: waiting for %s seconds at most.", who, patience)
    try:
        cursor.execute(f"select pg_advisory_xact_lock{shared}(hashtext(%s))", (name,))
    except errors.LockNotAvailable:
        raise still_held(who, patience) from None


def still_held(who: str, patience: int) -> TryAgainError:
    """What to tell who has waited long enough."""
    return TryAgainError(
        f"{who} has been at work in the warehouse for more than {patience} seconds, and nothing was"
        " done: try again when it has ended, or end it."
    )


def make_schemas(connection: Connection, *names: str, ddl: str = "") -> None:
    """Make the schemas that are missing, then what the statements `ddl` make; it is committed.

    The names are the plain ones. Raises UserError where the user may not.
    """
    called = [schema(name) for name in names]
    with connection, connection.cursor() as cursor:
        cursor.execute(
            "select name from unnest(%s) as name where to_regnamespace(name) is null",
            (called,),
        )
        missing = [name for (name,) in cursor.fetchall()]
        if not missing and not ddl:
            return
        lock(cursor, SCHEMAS, "Another process that makes a schema")
        try:
            for name in missing:
                cursor.execute(f"create schema if not exists {name}")
            if ddl:
                cursor.execute(ddl)
        except errors.InsufficientPrivilege as error:
            raise UserError(
                f"The user {connection.info.user!r} may not make the schemas {', '.join(called)} or"
                f" tables in them ({error.diag.message_primary}): docs/your-postgres.md has the"
                " rights it needs as SQL."
            ) from None
