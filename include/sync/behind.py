"""Which active sources are behind: last loaded before the week of a report was over, or paused.

Of a source whose loads fail, or that nobody loads any more, the warehouse keeps what came last. The
report goes on with it, and says so.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from psycopg2.extensions import connection as Connection  # noqa: N812

from include.schemas import named
from include.settings import Settings
from include.sync.loads import has_loads, pause_of
from include.sync.sources import Source, active_sources


@dataclass(frozen=True)
class Behind:
    """A source that is behind.

    `last_loaded_on` is the day, in the shop's time zone, on which the table that waits longest was
    loaded; None where no table ever was. `paused_because` is None where it is not paused, and
    `failing_since` then too: the day of the first of the failures that paused it.
    """

    source: str
    last_loaded_on: date | None
    paused_because: str | None
    failing_since: date | None


def sources_behind(
    connection: Connection, settings: Settings, week_ends_on: date
) -> tuple[Behind, ...]:
    """The active sources that are behind a week, in the settings' order.

    Args:
        connection: to the warehouse; nothing is written.
        settings: which sources are active, and in which time zone a week ends.
        week_ends_on: last day of the week that is reported on.
    """
    zone = ZoneInfo(settings.shop_time_zone)
    week_is_over_at = datetime.combine(week_ends_on + timedelta(days=1), time.min, zone)
    found = []
    for source in active_sources(settings):
        at = _last_loaded_at(connection, source)
        if at is None and source.may_be_files:
            continue  # nobody has ever loaded it by its API: its files come with each run
        behind = _behind(connection, source, at, zone)
        if behind.paused_because is not None or at is None or at < week_is_over_at:
            found.append(behind)
    return tuple(found)


def paused(connection: Connection, settings: Settings, source: Source) -> Behind | None:
    """The source, where it is paused."""
    zone = ZoneInfo(settings.shop_time_zone)
    behind = _behind(connection, source, _last_loaded_at(connection, source), zone)
    return behind if behind.paused_because is not None else None


def _behind(connection: Connection, source: Source, at: datetime | None, zone: ZoneInfo) -> Behind:
    pause = None
    with connection.cursor() as cursor:
        if has_loads(cursor):
            pause = pause_of(cursor, source.name)
    return Behind(
        source.name,
        at.astimezone(zone).date() if at else None,
        pause.because if pause else None,
        pause.failing_since.astimezone(zone).date() if pause else None,
    )


def _last_loaded_at(connection: Connection, source: Source) -> datetime | None:
    """When the table that waits longest was loaded, of those that ever were."""
    with connection.cursor() as cursor:
        if not has_loads(cursor):
            return None
        query = """
            select min(loaded_at)
            from (
                select max(started_at) as loaded_at
                from {ops}.loads
                where landing_table = any(%s) and status = 'loaded'
                group by landing_table
            ) as tables
        """
        cursor.execute(named(query), ([f"{source.name}__{table}" for table in source.tables],))
        row = cursor.fetchone()
    return row[0] if row else None
