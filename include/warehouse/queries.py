"""Reads the tables that dbt makes; where it has not made them yet, says what to do."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from psycopg2 import errors, sql
from psycopg2.extensions import connection as Connection  # noqa: N812
from psycopg2.extensions import cursor as Cursor  # noqa: N812
from psycopg2.extras import RealDictCursor

from include.errors import UserError
from include.schemas import named


@contextmanager
def of_marts(connection: Connection, kind: type[Cursor] = Cursor) -> Iterator[Cursor]:
    """A cursor; what it misses of the marts is a UserError, and the transaction then over."""
    with connection.cursor(cursor_factory=kind) as cursor:
        try:
            yield cursor
        except (errors.UndefinedTable, errors.UndefinedColumn, errors.InvalidSchemaName) as error:
            connection.rollback()
            missing = error.diag.message_primary
            raise UserError(
                f"The marts are not built yet: {missing}; run the DAG or `make demo` first."
            ) from error


def rows(
    connection: Connection, query: str | sql.Composable, values: dict[str, Any] | None = None
) -> list[dict[str, Any]]:
    """What a query finds, a dictionary a row; text may name schemas as `{marts}`."""
    with of_marts(connection, RealDictCursor) as cursor:
        cursor.execute(named(query) if isinstance(query, str) else query, values)
        return [dict(row) for row in cursor.fetchall()]
