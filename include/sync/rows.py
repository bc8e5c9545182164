"""What a row must have to be loaded: a key, each key once a load, and a time that can be."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from dlt.extract import DltResource

Row = dict[str, Any]
WHOLE = "bigint"


class Part(NamedTuple):
    """One of the resources of a load, and what must be known of its rows."""

    resource: "DltResource"
    changed_at: str | None = None
    """Where a row tells when it last changed; without it the resource brings all rows each time."""
    parent_key: tuple[str, ...] = ()
    """Columns with the key of another resource's row, whose rows here are replaced together."""


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

    def check(self, part: Part) -> Callable[[Any], bool]:
        """What says of a part's row whether to load it: not where it is rejected or was seen."""
        name = part.resource.name
        columns = part.resource.compute_table_schema()["columns"]
        key = [column for column, hints in columns.items() if hints.get("primary_key")]

        def is_loaded(row: Any) -> bool:
            reason = self._reason(row, key, part.changed_at)
            if reason:
                self.rejected += 1
                self.reject(name, row, reason)
                return False
            this = tuple(row[column] for column in key)
            if this in self.seen:
                return False
            self.seen.add(this)
            self.count += 1
            return True

        return is_loaded

    def _reason(self, row: Any, key: list[str], changed_at: str | None) -> str | None:
        if not isinstance(row, dict):
            return "it is not an object"
        for name in key:
            value = row.get(name)
            if value is None or value == "" or isinstance(value, (dict, list)):
                return f"{name} is missing"
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
        at = at if at.tzinfo else at.replace(tzinfo=UTC)
        if at > datetime.now(UTC) + timedelta(days=1):
            # the next load would begin there, and miss everything until then
            return f"{changed_at} lies in the future"
        if self.newest is None or at > self.newest:
            self.newest = at
        return None


def _is_whole(value: Any) -> bool:
    try:
        return int(value) == float(value)
    except (TypeError, ValueError):
        return False
