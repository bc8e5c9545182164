"""An API's row as its table is declared: values by their place in the answer, and nothing else.

What no model reads of a person (streets, phones, notes) is so never written, neither as a row nor
among those that were rejected.
"""

from collections.abc import Callable
from typing import Any

from include.sync.rows import Row
from include.warehouse.declared import ColumnMeta, Table
from include.warehouse.pseudonyms import pseudonym


def is_flat(table: Table) -> bool:
    """Whether the columns of a table say where in an answer they are."""
    return any(meta.headers for meta in table.meta.values())


def flat(table: Table, key: bytes) -> Callable[[Any], Any]:
    """What makes a row of an answer the table's, with pseudonyms of a key."""
    columns = {column: table.meta_of(column) for column in table.types}

    def of(row: Any) -> Any:
        if not isinstance(row, dict):
            return row  # is none, and will be told to be
        return {column: _value(row, column, meta, key) for column, meta in columns.items()}

    return of


def _value(row: Row, column: str, meta: ColumnMeta, key: bytes) -> Any:
    """A column's value: the first that is there of the places it may be in."""
    places = meta.headers or (column,)
    found = next((value for place in places if (value := _at(row, place)) not in (None, "")), None)
    if meta.pseudonym:
        return None if found is None else pseudonym(key, meta.pseudonym, str(found))
    if meta.fields and isinstance(found, list):
        return [
            {field: one.get(field) for field in meta.fields} if isinstance(one, dict) else one
            for one in found
        ]
    return found


def _at(row: Row, place: str) -> Any:
    value: Any = row
    for part in place.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value
