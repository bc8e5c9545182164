"""`ops.loads`: what each load of a table brought, how long it took, and how it ended."""

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from psycopg2.extensions import connection as Connection  # noqa: N812
from psycopg2.extensions import cursor as Cursor  # noqa: N812

from include.schemas import named
from include.warehouse.bookkeeping import prepare
from include.warehouse.connection import Warehouse

SIXTY_DAYS = (
    "only orders of the last 60 days are seen, as the app has not the scope read_all_orders, and"
    " older customers look new: load the history from the file export (make demo DATA=folder); what"
    " is older stays, also where everything is read"
)
"""What is noted of a load among its changes where a shop shows no more of itself."""
FAILED_RUNS_TO_PAUSE = 3
"""So many runs of the DAG in a row in which a table's loads all failed pause its source."""


class Brought(NamedTuple):
    """What a load brought into a table."""

    rows: int
    rejected: int = 0
    newest_at: datetime | None = None
    """When what was loaded last changed in the source."""
    changes: tuple[str, ...] = ()
    """What is new in its columns, or in the source, in words."""


@dataclass(frozen=True)
class Load:
    """A load of one table."""

    source: str
    table: str
    run_id: str | None
    started_at: datetime
    seconds: float
    is_loaded: bool = True
    rows: int = 0
    rejected: int = 0
    newest_at: datetime | None = None
    schema_changes: tuple[str, ...] = ()
    message: str | None = None


def note(warehouse: Warehouse, load: Load) -> None:
    """Write a load down."""
    lag = None
    if load.newest_at:
        lag = max(0, round((load.started_at - load.newest_at).total_seconds()))
    with _prepared(warehouse) as connection, connection, connection.cursor() as cursor:
        query = """
            insert into {ops}.loads (
                source_name, landing_table, run_id, status, started_at, seconds, loaded_rows,
                rejected_rows, newest_at, lag_seconds, schema_changes, message
            ) values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
        """
        cursor.execute(
            named(query),
            (
                load.source,
                load.table,
                load.run_id,
                "loaded" if load.is_loaded else "failed",
                load.started_at,
                load.seconds,
                load.rows,
                load.rejected,
                load.newest_at,
                lag,
                json.dumps(load.schema_changes, ensure_ascii=False),
                load.message,
            ),
        )


class Pause(NamedTuple):
    """Why a source is paused, in the words of its last failure, and since when its loads fail."""

    because: str
    failing_since: datetime


def paused_because(
    warehouse: Warehouse, source: str, *, before_run: str | None = None
) -> str | None:
    """Why a source is paused, in the words of its last failure; None where it is not.

    It is where one of its tables could not be loaded in the last three runs. A run does not pause
    itself: what it has tried already is left out with `before_run`, its id.
    """
    with _prepared(warehouse) as connection, connection, connection.cursor() as cursor:
        pause = pause_of(cursor, source, before_run=before_run)
    return pause.because if pause else None


def has_loads(cursor: Cursor) -> bool:
    """Whether anything was ever loaded, or tried."""
    cursor.execute(named("select to_regclass('{ops}.loads') is not null"))
    return cursor.fetchone() == (True,)


def pause_of(cursor: Cursor, source: str, *, before_run: str | None = None) -> Pause | None:
    """The pause of a source, where it is paused; `ops.loads` has to be there."""
    query = """
        select
            (array_agg(message order by load_number desc))[1] as because,
            min(started_at) as failing_since
        from {ops}.loads as failed
        where
            source_name = %(source)s
            and status = 'failed'
            and (%(before_run)s::text is null or run_id is distinct from %(before_run)s)
            and not exists (
                select from {ops}.loads as later
                where
                    later.landing_table = failed.landing_table
                    and later.status = 'loaded'
                    and later.load_number > failed.load_number
            )
        group by landing_table
        having count(distinct run_id) >= %(runs)s
        order by failing_since, landing_table
        limit 1
    """
    cursor.execute(
        named(query), {"source": source, "before_run": before_run, "runs": FAILED_RUNS_TO_PAUSE}
    )
    row = cursor.fetchone()
    return Pause(str(row[0]), row[1]) if row else None


def last_loaded_at(warehouse: Warehouse, source: str) -> dict[str, datetime]:
    """When each table of a source was last loaded, those that ever were."""
    with _prepared(warehouse) as connection, connection, connection.cursor() as cursor:
        cursor.execute(
            named(
                "select landing_table, max(started_at) from {ops}.loads"
                " where source_name = %s and status = 'loaded' group by landing_table"
            ),
            (source,),
        )
        return dict(cursor.fetchall())


@contextmanager
def _prepared(warehouse: Warehouse) -> Iterator[Connection]:
    """A connection to a warehouse that has the table."""
    with closing(warehouse.connect()) as connection:
        prepare(connection, "ops")
        yield connection
