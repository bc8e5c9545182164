"""`landing.<source>__rejected`: rows that could not be loaded, each with the reason."""

import json
from typing import Any

from psycopg2.extras import execute_values

from include.schemas import schema
from include.warehouse.bookkeeping import REJECTED, prepare
from include.warehouse.connection import Warehouse

MOST_AT_ONCE = 1000


class Rejected:
    """The rejected rows of a source; a row that is rejected again by the next load is kept once."""

    def __init__(self, warehouse: Warehouse, source: str) -> None:
        """Make the table where it is missing."""
        self._table = f"{schema('landing')}.{source}__rejected"
        self._rows: list[tuple[str, str, str]] = []
        self._connection = warehouse.connect()
        prepare(self._connection, "landing", tables={self._table: REJECTED})

    def add(self, resource: str, row: Any, because: str) -> None:
        """Set a row aside."""
        told = json.dumps(row, ensure_ascii=False, default=str, sort_keys=True)
        self._rows.append((resource, because, told.replace("\\u0000", "")))
        if len(self._rows) >= MOST_AT_ONCE:
            self.write()

    def write(self) -> None:
        """Write down what was set aside so far."""
        with self._connection, self._connection.cursor() as cursor:
            execute_values(
                cursor,
                f"insert into {self._table} (resource, rejected_because, source_row) values %s"  # noqa: S608
                " on conflict (resource, row_hash) do nothing",
                self._rows,
            )
        self._rows = []

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()
