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
from include.warehouse.reader import find_reader

Rows = list[dict[str, Any]]

_CONNECTIONS = 4
_PATIENCE = 3.0  # seconds for a connection: a page says so then, and is well again with Postgres


@cache
def pool(*, personal: bool = False) -> ConnectionPool[Any]:
    """The connections as the reader, or as the one who may see who customers are; opened once."""
    return ConnectionPool(
        find_reader(personal=personal).url,
        kwargs={"row_factory": dict_row, "autocommit": True},
        min_size=0,
        max_size=_CONNECTIONS,
        timeout=_PATIENCE,
        check=ConnectionPool.check_connection,
        open=True,
    )


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
    """End the connections."""
    for personal in (False, True):
        pool(personal=personal).close()
    pool.cache_clear()
