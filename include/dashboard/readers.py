"""The connections of the pages: few, read-only, and well again when Postgres is."""

from contextlib import closing
from functools import cache
from typing import Any

from psycopg import Error, errors
from psycopg.rows import dict_row
from psycopg_pool import ConnectionPool, PoolTimeout

from include.errors import TryAgainError, UserError
from include.report.read import Report, read_report
from include.schemas import named
from include.settings import Settings
from include.warehouse import queries
from include.warehouse.connection import Warehouse, find_warehouse
from include.warehouse.reader import find_reader

Rows = list[dict[str, Any]]

_all: list[ConnectionPool[Any]] = []
_CONNECTIONS = 4
_PATIENCE = 3.0  # seconds for a connection: a page says so then, and is well again with Postgres


@cache
def pool(*, personal: bool = False) -> ConnectionPool[Any]:
    """The connections as the reader, or as the one who may see who customers are; opened once."""
    return _opened(find_reader(personal=personal))


@cache
def owner() -> ConnectionPool[Any]:
    """The connections as the owner, for what the reader may not see: the API's tokens."""
    return _opened(find_warehouse())


def _opened(warehouse: Warehouse) -> ConnectionPool[Any]:
    opened: ConnectionPool[Any] = ConnectionPool(
        warehouse.url,
        kwargs={"row_factory": dict_row, "autocommit": True},
        min_size=0,
        max_size=_CONNECTIONS,
        timeout=_PATIENCE,
        # else who asks again after a long outage waits until the next of ever rarer attempts
        reconnect_timeout=_PATIENCE,
        check=ConnectionPool.check_connection,
        open=True,
    )
    _all.append(opened)
    return opened


def rows(query: str, values: dict[str, Any] | None = None, *, personal: bool = False) -> Rows:
    """What a query finds; it names schemas as `{marts}`.

    Raises:
        TryAgainError: Postgres is away, or took too long.
        UserError: the marts are not built yet.
    """
    try:
        with pool(personal=personal).connection() as connection:
            found: Rows = connection.execute(named(query).encode(), values).fetchall()
            return found
    except (errors.UndefinedTable, errors.UndefinedColumn, errors.InvalidSchemaName) as error:
        raise UserError(
            f"The marts are not built yet: {error.diag.message_primary}; run the DAG or `make demo`"
            " first."
        ) from error
    except (PoolTimeout, errors.OperationalError, errors.QueryCanceled) as error:
        raise TryAgainError("The warehouse does not answer: try again in a minute.") from error
    except Error as error:
        raise UserError(
            f"The warehouse refused to answer: {error.diag.message_primary}."
        ) from error


def report(settings: Settings) -> tuple[Report, int]:
    """The weekly report's figures, and the days without an order after which a customer churned."""
    with closing(find_reader(personal=True).connect()) as connection:
        [windows] = queries.rows(connection, "select fixed_window_days from {marts}.churn_windows")
        return read_report(connection, settings), windows["fixed_window_days"]


def close() -> None:
    """End the connections of those that were opened."""
    while _all:
        _all.pop().close()
    pool.cache_clear()
    owner.cache_clear()
