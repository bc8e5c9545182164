"""Whose turn it is to build in the warehouse: one run at a time, whoever starts it.

A run is many processes, so its turn is a row, `ops.build_turn`. While one of them is at work it
also holds a lock, which the server gives back when it dies; between two of them the turn is kept
for the run for a while. dbt by hand takes a turn, too (macros/build_turn.sql): it is refused while
a run has it, and cut off by whoever takes it next.
"""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta

from psycopg2.extensions import cursor as Cursor  # noqa: N812

from include.errors import UserError
from include.schemas import named, schema_prefix
from include.warehouse.bookkeeping import prepare
from include.warehouse.connection import Warehouse
from include.warehouse.locks import BUILD, lock


def take_turn(warehouse: Warehouse, holder: str, kept_for: timedelta) -> str | None:
    """Make it the turn of `holder`, unless somebody else builds: then what to tell of them.

    A holder who has it keeps it.
    """
    with closing(warehouse.connect()) as connection:
        prepare(connection, "ops")
        with connection, connection.cursor() as cursor:
            query = """
                insert into {ops}.build_turn (holder, since, seen_at, kept_for, is_over)
                select %s, now(), clock_timestamp(), %s, false
                on conflict (is_only) do update set
                    holder = excluded.holder,
                    since = case when build_turn.holder = excluded.holder
                        then build_turn.since else excluded.since end,
                    seen_at = excluded.seen_at,
                    kept_for = excluded.kept_for,
                    is_over = false
                where
                    build_turn.holder = excluded.holder
                    or (
                        (
                            build_turn.is_over
                            or build_turn.seen_at + build_turn.kept_for < clock_timestamp()
                        )
                        and pg_try_advisory_xact_lock(hashtext(%s))
                    )
            """
            cursor.execute(named(query), (holder, kept_for, schema_prefix() + BUILD.name))
            if cursor.rowcount:
                return None
            return f"{_told(cursor)}; at most one builds at a time."


@contextmanager
def in_turn(warehouse: Warehouse, holder: str) -> Iterator[None]:
    """Be at work in the turn of `holder`, who has taken it.

    Raises UserError where somebody else has taken it since: what they built is not this run's.
    """
    with closing(warehouse.connect()) as connection, connection.cursor() as cursor:
        lock(cursor, BUILD, is_shared=True)
        cursor.execute(named("select holder from {ops}.build_turn"))
        if cursor.fetchone() != (holder,):
            raise UserError(
                f"{_told(cursor)}, after this run had begun to build: clear this run from its"
                " first task, and it builds again when that has ended."
            )
        try:
            yield
        finally:
            cursor.execute(
                named(
                    "update {ops}.build_turn set seen_at = clock_timestamp(), is_over = false"
                    " where holder = %s"
                ),
                (holder,),
            )
            connection.commit()


def end_turn(warehouse: Warehouse, holder: str) -> None:
    """Let the next one build; who has no turn ends none."""
    with closing(warehouse.connect()) as connection, connection, connection.cursor() as cursor:
        cursor.execute(
            named("update {ops}.build_turn set is_over = true where holder = %s"), (holder,)
        )


def _told(cursor: Cursor) -> str:
    cursor.execute(
        named(
            "select holder, to_char(since at time zone 'utc', 'YYYY-MM-DD HH24:MI')"
            " from {ops}.build_turn"
        )
    )
    row = cursor.fetchone()
    who, since = row or ("nobody", "never")
    return f"{who} has had the turn to build in the warehouse since {since} UTC"
