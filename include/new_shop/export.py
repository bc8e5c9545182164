"""A shop's export: one row an article of an order, with what is told of the order."""

from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc

LISTED = 30  # headers in a sentence


@dataclass(frozen=True)
class Export:
    """All rows of an export as texts, in the order of its files."""

    files: list[str]
    rows: pa.Table
    """A blank is NULL."""
    told: list[str]
    """What people should know of how they were read."""
    typed: set[str]
    """Columns that hold dates or numbers by themselves, as a workbook's may."""
    of_orders: dict[str, str] = field(default_factory=dict)
    """Column → its header in a file of orders, where that is another one than that of the lines."""

    @property
    def columns(self) -> list[str]:
        """The headers."""
        return list(self.rows.column_names)

    @property
    def listed(self) -> str:
        """The first headers, for a sentence."""
        more = ", …" if len(self.columns) > LISTED else ""
        return ", ".join(map(repr, self.columns[:LISTED])) + more

    def values(self, column: str) -> list[str]:
        """The different values of a column, as they come."""
        return [text for text in self.rows[column].unique().to_pylist() if text is not None]

    def differing(self, column: str, key: str) -> list[str]:
        """The keys whose rows hold more than one value of a column."""
        counts = self.rows.group_by(key).aggregate([(column, "count_distinct")])
        several = counts.filter(pc.greater(counts[f"{column}_count_distinct"], 1))
        return [one for one in several[key].to_pylist() if one is not None]
