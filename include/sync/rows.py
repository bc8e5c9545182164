"""What a row must have to be loaded: a key, each key once a load, and a time that can be."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

Row = dict[str, Any]
WHOLE = "bigint"


@dataclass
class Rows:
    """Passes a table's rows on while they are read, and counts them.

    A key that comes a second time is passed over: pages shift while they are read, and MERGE takes
    a key once. What changed in between comes with the next load, which begins before it.
    """

    key: list[str]
    types: dict[str, str]
    changed_at: str | None
    """Path of the time of the last change, where loads are incremental."""
    reject: Callable[[Row, str], None]
    count: int = 0
    rejected: int = 0
    newest: datetime | None = None
    seen: set[Any] = field(default_factory=set)

    def check(self, row: Any) -> Iterator[Row]:
        """The row, or nothing where it was seen before or is rejected."""
        reason = self._reason(row)
        if reason:
            self.rejected += 1
            self.reject(row, reason)
            return
        key = tuple(row[name] for name in self.key)
        if key in self.seen:
            return
        self.seen.add(key)
        self.count += 1
        yield row

    def _reason(self, row: Any) -> str | None:
        if not isinstance(row, dict):
            return "it is not an object"
        for name in self.key:
            value = row.get(name)
            if value is None or value == "" or isinstance(value, (dict, list)):
                return f"{name} is missing"
            if self.types.get(name) == WHOLE and not _is_whole(value):
                return f"{name} is not a whole number"
        changed = self.changed_at and row.get(self.changed_at)
        if not changed:
            return None
        try:
            at = datetime.fromisoformat(str(changed))
        except ValueError:
            return f"{self.changed_at} is not a time"
        at = at if at.tzinfo else at.replace(tzinfo=UTC)
        if at > datetime.now(UTC) + timedelta(days=1):
            # the next load would begin there, and miss everything until then
            return f"{self.changed_at} lies in the future"
        if self.newest is None or at > self.newest:
            self.newest = at
        return None


def _is_whole(value: Any) -> bool:
    try:
        return int(value) == float(value)
    except (TypeError, ValueError):
        return False
