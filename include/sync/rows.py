"""What a row must have to be loaded: a key, each key once a load, a time and values that can be."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from math import isfinite
from typing import TYPE_CHECKING, Any, NamedTuple

from include.errors import TryAgainError

if TYPE_CHECKING:
    from dlt.extract import DltResource

Row = dict[str, Any]
WHOLE = "bigint"
LARGEST = 2**63 - 1
MOST_DIGITS = 29
"""Digits before the point of a number in the warehouse, where a source does not say more."""
IN_A_ROW = 1000
"""So many rows more than were read may come again in a row: more are pages in a circle."""


class Unreadable(str):
    """A value of a source as it came, as it is none of its column's type."""


READABLE = {
    "date": "a date of the years 1 to 9999",
    "timestamp": "a time of the years 1 to 9999",
    "bigint": "a whole number",
    "bool": "true or false",
}
"""What a value of a type is, in dlt's words; of any other, a number."""


class Stream(NamedTuple):
    """One of the resources of a load, and what must be known of its rows."""

    resource: "DltResource"
    changed_at: str | None = None
    """Where a row tells when it last changed; without it the resource brings all rows each time."""
    parent_key: tuple[str, ...] = ()
    """Columns with the key of another resource's row, whose rows here are replaced together."""
    is_unique: bool = False
    """Whether where the rows come from, no key can come twice."""
    sees_all: bool = True
    """Whether a row that does not come when everything is read is not there any more."""
    told: Sequence[str] = ()
    """What people should know of the source, in words; it may grow while rows are read."""


@dataclass
class Rows:
    """Passes the rows of a table on while they are read, and counts them.

    A key that comes a second time is passed over: pages shift while they are read, and MERGE takes
    a key once. What changed in between comes with the next load, which begins before it.
    """

    types: dict[str, str]
    """Column → its type, of those that are known; a key's is that of the first one, else."""
    reject: Callable[[str, Row, str], None]
    """Gets a resource's name, its row and what is wrong with it."""
    count: int = 0
    rejected: int = 0
    newest: datetime | None = None
    seen: set[Any] = field(default_factory=set)
    again: int = 0
    """Rows in a row that had come before."""

    def check(self, stream: Stream) -> Callable[[Any], bool]:
        """What says of a stream's row whether to load it: not where it is rejected or was seen."""
        name = stream.resource.name
        columns = stream.resource.compute_table_schema()["columns"]
        key = [column for column, hints in columns.items() if hints.get("primary_key")]

        def is_loaded(row: Any) -> bool:
            reason = self._reason(row, key, stream.changed_at) or _what_cannot_be_held(row, columns)
            if reason:
                self.rejected += 1
                self.reject(name, row, reason)
                return False
            if not stream.is_unique:
                this = tuple(self._as_stored(column, row[column]) for column in key)
                if this in self.seen:
                    self._came_again(name)
                    return False
                self.seen.add(this)
                self.again = 0
            self.count += 1
            return True

        return is_loaded

    def _as_stored(self, column: str, value: Any) -> Any:
        """A key as the table has it: 7 and "7" are one."""
        return int(value) if self.types.get(column) == WHOLE else str(value)

    def _came_again(self, name: str) -> None:
        self.again += 1
        if self.again > len(self.seen) + IN_A_ROW:
            raise TryAgainError(
                f"The pages of {name} lead in a circle, {self.again:,} rows came again in a row:"
                " nothing was loaded, and the next run tries again."
            )

    def _reason(self, row: Any, key: list[str], changed_at: str | None) -> str | None:
        if not isinstance(row, dict):
            return "it is not an object"
        for name in key:
            value = row.get(name)
            if value is None or value == "":
                return f"{name} is missing"
            if isinstance(value, (bool, dict, list)):
                return f"{name} is neither a number nor a text"
            type_ = self.types.setdefault(name, WHOLE if isinstance(value, int) else "text")
            if type_ == WHOLE and not _is_whole(value):
                return f"{name} is not a whole number"
        changed = changed_at and row.get(changed_at)
        if not changed:
            return None
        try:
            at = datetime.fromisoformat(str(changed))
        except ValueError:
            return f"{changed_at} is not a time"
        # where the time does not tell its zone, it may be some hours ahead and right
        ahead = timedelta(hours=1) if at.tzinfo else timedelta(days=1)
        at = at if at.tzinfo else at.replace(tzinfo=UTC)
        if at > datetime.now(UTC) + ahead:
            # the next load would begin there, and miss everything until then
            return f"{changed_at} lies in the future"
        if self.newest is None or at > self.newest:
            self.newest = at
        return None


def _is_whole(value: Any) -> bool:
    """Whether a bigint can hold it, as a number or the text of one."""
    try:
        whole = int(value)
    except (TypeError, ValueError, OverflowError):
        return False
    return (isinstance(value, str) or whole == value) and -LARGEST <= whole <= LARGEST


def _what_cannot_be_held(row: Row, columns: Mapping[str, Any]) -> str | None:
    """Why the warehouse cannot hold a row; `columns` are dlt's, of those it knows."""
    for name, value in row.items():
        fault = _fault(value, columns.get(name, {}))
        if fault:
            return f"{name} {fault}"
    return None


def _fault(value: Any, hints: Mapping[str, Any]) -> str | None:
    """What is wrong with a value, or with one within it."""
    match value:
        case Unreadable():
            return f"is not {READABLE.get(hints.get('data_type', ''), 'a number')}"
        case str():
            return None if _is_text(value) else "holds a sign that no text may have"
        case bool() | None:
            return None
        case float():
            return None if isfinite(value) else "is not a number"
        case Decimal():
            if not value.is_finite():
                return "is not a number"
            digits = hints.get("precision", MOST_DIGITS) - hints.get("scale", 0)
            is_too_long = value != 0 and value.adjusted() >= digits
            return "has more digits than a number may have" if is_too_long else None
        case int():
            is_too_long = hints.get("data_type", "bigint") == "bigint" and abs(value) > LARGEST
            return "has more digits than a number may have" if is_too_long else None
        case dict():
            within = [*value.keys(), *value.values()]
        case list() | tuple():
            within = list(value)
        case _:
            return None
    return next((fault for one in within if (fault := _fault(one, {"data_type": "json"}))), None)


def _is_text(value: str) -> bool:
    """Whether Postgres holds it: without NUL, and without halves of a character."""
    if "\x00" in value:
        return False
    try:
        value.isascii() or value.encode()
    except UnicodeEncodeError:
        return False
    return True
