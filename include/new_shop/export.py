"""A shop's export as it lies in a folder: one file of lines, or several of one kind."""

from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from include.errors import UserError
from include.warehouse.declared import Reader, Table
from include.warehouse.files import data_files, open_file
from include.warehouse.readable import as_text

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


def read_export(folder: Path, pattern: str = "*", sheet: str | None = None) -> Export:
    """Read the files of a folder whose names fit a pattern, which must have the same columns.

    Of a workbook the first sheet, or those whose names fit another pattern.
    """
    paths = [path for path in data_files(folder) if fnmatchcase(path.name, pattern)]
    if not paths:
        raise UserError(f"{folder} has no data file {pattern!r}: give a name or a pattern of it.")
    tables: list[pa.Table] = []
    told: list[str] = []
    typed: set[str] = set()
    for path in paths:
        file = open_file(path, Table(reader=Reader(sheet=sheet)))
        if tables and file.schema.names != tables[0].column_names:
            raise UserError(
                f"{paths[0].name} and {path.name} have different columns, and one file of lines is"
                " read, or several parts of it: name it by --file, or put the orders beside their"
                " lines in one file."
            )
        typed |= {one.name for one in file.schema if not pa.types.is_string(one.type)}
        tables.append(_as_texts(pa.Table.from_batches(file.batches, file.schema)))
        told += file.told
    rows = pa.concat_tables(tables)
    if not rows.num_rows:
        raise UserError(f"{paths[0].name} holds no rows: export it again, with its data.")
    return Export([path.name for path in paths], rows, told, typed)


def _as_texts(table: pa.Table) -> pa.Table:
    columns = []
    for column in table.columns:
        texts = pc.utf8_trim_whitespace(
            pa.chunked_array([as_text(chunk) for chunk in column.chunks], pa.string())
        )
        columns.append(pc.if_else(pc.equal(texts, ""), None, texts))
    return pa.table(columns, names=table.column_names)
