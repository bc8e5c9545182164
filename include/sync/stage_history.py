"""How Pipedrive's deals went from stage to stage: a request a deal, so not a part of the sync.

Pipedrive counts tokens a day, and a page of a deal's changes costs more than 500 deals do. So
this is done on demand and within a budget, deal by deal, and it goes on where it stopped: each deal
is written in one transaction with the note that it was read.
"""

from collections.abc import Callable
from contextlib import closing
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from psycopg2.extras import execute_values

from include.connections import Connection
from include.errors import UserError
from include.schemas import named
from include.sync.api import explain
from include.sync.rest_api import api_client
from include.sync.sources import Source
from include.warehouse.bookkeeping import prepare
from include.warehouse.connection import Warehouse

if TYPE_CHECKING:
    import psycopg2.extensions

TOKENS_A_PAGE = 20
CHANGES_A_PAGE = 100
NOT_FOUND, TOO_MANY_REQUESTS = 404, 429


def load_stage_history(
    source: Source,
    warehouse: Warehouse,
    connection: Connection,
    since: date,
    until: date,
    daily_budget: int,
    *,
    pause: float = 1.0,
    say: Callable[[str], None] = print,
) -> bool:
    """Read the changes of the deals that changed in a range of days, the latest first.

    Args:
        source: Pipedrive, as it is declared.
        warehouse: with Pipedrive's deals in it.
        connection: the Airflow connection `pipedrive`.
        since: first day, UTC.
        until: last day, included.
        daily_budget: tokens of Pipedrive's to spend a day, UTC; a deal costs twenty or more.
        pause: seconds before a failed request is sent again.
        say: gets a line every hundred deals.

    Returns whether all of them are read; False where the budget of the day is spent, Pipedrive's
    own or this one.
    """
    client = api_client(source, connection, pause)
    with closing(warehouse.connect()) as database:
        _prepare(database)
        with database, database.cursor() as cursor:
            deals = _deals(cursor, since, until)
            spent = _spent_today(cursor)
        say(f"{len(deals):,} deals to read, {spent:,} of {daily_budget:,} tokens spent today")
        for number, (deal_id, changed_at) in enumerate(deals):
            if spent + TOKENS_A_PAGE > daily_budget:
                say(f"{number:,} deals read, {len(deals) - number:,} are left for another day")
                return False
            try:
                changes, tokens = _changes(client, deal_id)
            except Exception as error:
                status = getattr(getattr(error, "response", None), "status_code", None)
                if status == NOT_FOUND:
                    # Pipedrive forgets what was deleted; what is known of it is kept
                    with database, database.cursor() as cursor:
                        _note_as_read(cursor, deal_id, changed_at, TOKENS_A_PAGE)
                    spent += TOKENS_A_PAGE
                    continue
                if status == TOO_MANY_REQUESTS:
                    say(f"{number:,} deals read; Pipedrive's own budget is spent for today")
                    return False
                raise explain(source.name, error, (connection.password or "",)) from error
            _write(database, deal_id, changed_at, changes, tokens)
            spent += tokens
            if number % 100 == 99:
                say(f"{number + 1:,} of {len(deals):,} deals read")
    say(f"all {len(deals):,} deals read")
    return True


def _prepare(database: "psycopg2.extensions.connection") -> None:
    with database, database.cursor() as cursor:
        query = """
            select to_regclass('{landing}.pipedrive__deals') is not null
                and to_regclass('{landing}.pipedrive__deal_changes') is not null
        """
        cursor.execute(named(query))
        is_there = cursor.fetchone() == (True,)
    if not is_there:
        raise UserError(
            "Pipedrive's deals are not in the warehouse yet: run sync_sources, or"
            " scripts/sync_sources.py pipedrive, first."
        )
    prepare(database, "ops")


def _deals(
    cursor: "psycopg2.extensions.cursor", since: date, until: date
) -> list[tuple[int, datetime]]:
    """The deals of the range that were not read since they changed, and when they did."""
    query = """
        select deals.id, deals.update_time
        from {landing}.pipedrive__deals as deals
        left join {ops}.pipedrive_changelogs as changelogs on deals.id = changelogs.deal_id
        where
            (deals.update_time at time zone 'utc')::date between %s and %s
            and (
                changelogs.deal_id is null
                or changelogs.deal_changed_at is distinct from deals.update_time
            )
        order by deals.update_time desc, deals.id
    """
    cursor.execute(named(query), (since, until))
    return cursor.fetchall()


def _spent_today(cursor: "psycopg2.extensions.cursor") -> int:
    query = """
        select coalesce(sum(tokens), 0)
        from {ops}.pipedrive_changelogs
        where read_at >= date_trunc('day', now() at time zone 'utc') at time zone 'utc'
    """
    cursor.execute(named(query))
    row = cursor.fetchone()
    return int(row[0]) if row else 0


def _changes(client: Any, deal_id: int) -> tuple[list[dict[str, Any]], int]:
    """A deal's changes, and what they cost."""
    changes, tokens = [], 0
    for page in client.paginate(
        f"v1/deals/{deal_id}/changelog", params={"limit": CHANGES_A_PAGE}, data_selector="data"
    ):
        tokens += TOKENS_A_PAGE
        changes += page
    return changes, tokens


def _write(
    database: "psycopg2.extensions.connection",
    deal_id: int,
    changed_at: datetime,
    changes: list[dict[str, Any]],
    tokens: int,
) -> None:
    with database, database.cursor() as cursor:
        cursor.execute(
            named("delete from {landing}.pipedrive__deal_changes where deal_id = %s"), (deal_id,)
        )
        execute_values(
            cursor,
            named("insert into {landing}.pipedrive__deal_changes values %s"),
            [
                (
                    deal_id,
                    change.get("field_key"),
                    _text(change.get("old_value")),
                    _text(change.get("new_value")),
                    change.get("actor_user_id"),
                    change.get("time"),
                )
                for change in changes
            ],
            template="(%s, %s, %s, %s, %s, %s::timestamp at time zone 'utc')",
        )
        _note_as_read(cursor, deal_id, changed_at, tokens)


def _note_as_read(
    cursor: "psycopg2.extensions.cursor", deal_id: int, changed_at: datetime, tokens: int
) -> None:
    """Note that a deal was read; the tokens of a day in which it was read before are added up."""
    query = """
        insert into {ops}.pipedrive_changelogs as known (deal_id, deal_changed_at, tokens)
        values (%s, %s, %s)
        on conflict (deal_id) do update
        set
            read_at = now(),
            deal_changed_at = excluded.deal_changed_at,
            tokens = excluded.tokens + case
                when date_trunc('day', known.read_at at time zone 'utc')
                    = date_trunc('day', now() at time zone 'utc') then known.tokens
                else 0
            end
    """
    cursor.execute(named(query), (deal_id, changed_at, tokens))


def _text(value: Any) -> str | None:
    return None if value is None else str(value)
