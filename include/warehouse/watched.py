"""Looking at a file's declared columns while it is loaded: what of them the models cannot read.

`try_cast` in dbt leaves NULL what is not written like the declared type; here the same is found
out, so that it can be told: how many values, which ones, in which rows.
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from include.errors import UserError
from include.warehouse.data_file import DataFile
from include.warehouse.declared import Reader, Table
from include.warehouse.formats import UNREADABLE, needed
from include.warehouse.readable import (
    BITS,
    DATE,
    DECIMAL,
    TEXT,
    Kind,
    are_readable,
    as_text,
    is_moment,
    is_readable,
    kind_of,
)

EXAMPLES = 3
DECIMAL_COMMA = re.compile(r"[+-]?[0-9.]+,[0-9]+")
MAYBE_THOUSANDS = r"^[+-]?[1-9][0-9]{0,2}([.][0-9]{3})+$"
# What a spreadsheet makes of a long number: 2000004826452531 is 2,00E+15.
CUT_SHORT = r"^[0-9]([.,][0-9]+)?[Ee][+][0-9]{2,3}$"
A_QUARTER = 4


@dataclass
class Column:
    """What was seen of a declared column while a file was read."""

    name: str
    declared: str
    kind: Kind
    table: Table
    filled: int = 0
    """How many values there are, blank ones left out."""
    unreadable: int = 0
    examples: list[tuple[str, int]] = field(default_factory=list)
    """The first values that cannot be read, each with its row."""
    others: int = 0
    """How many of them another reader would read."""
    other: tuple[str, int] | None = None
    """The first of those, with its row."""
    needed: Counter[str] = field(default_factory=Counter)
    """What that reader would declare, as it is written."""
    commas: int = 0
    """How many are numbers with a decimal comma."""
    comma: tuple[str, int] | None = None
    points: int = 0
    """How many numbers have a point that can only be one of decimals."""
    thousands: tuple[str, int] | None = None
    """The first number whose point may be one of thousands, with its row."""

    @property
    def reader(self) -> Reader:
        """How its file is declared to be written."""
        return self.table.reader

    def see(self, column: pa.Array, row: Callable[[int], int]) -> None:
        """Count what a batch holds; `row` is the number in the file of a place in the batch."""
        if is_moment(column.type):
            filled = column.drop_null()
            self.filled += len(filled)
            years = pc.year(column)
            wrong = pc.or_(pc.less(years, 1), pc.greater(years, 9999))
            self._note(pc.indices_nonzero(wrong).to_pylist(), as_text(column), row)
            return
        if pa.types.is_integer(column.type) and _fit(column, self.declared):
            self.filled += len(column) - column.null_count
            return
        texts = as_text(column)
        self.filled += len(texts) - texts.null_count
        odd = pa.array([], pa.uint64())
        if not are_readable(texts, self.kind, self.declared):
            odd = pc.indices_nonzero(pc.invert(pc.match_substring_regex(texts, self.kind.plain)))
        # what would have to be declared to read a value; None of one that is read as it is
        known: dict[str, dict[str, Any] | None] = {}
        wrong_places = []
        for place, value in zip(odd.to_pylist(), texts.take(odd).to_pylist(), strict=True):
            if not value.strip(" "):
                self.filled -= 1
                continue
            if value not in known:
                is_read = is_readable(value, self.declared)
                known[value] = None if is_read else needed(value, self.declared, self.reader)
            if (keys := known[value]) is not None:
                wrong_places.append(place)
                self._see_wrong(value, keys, row(place))
        self._note(wrong_places, texts, row)
        is_text = pa.types.is_string(column.type)
        if self.kind is DECIMAL and is_text and not self.reader.decimal:
            self._see_points(texts, wrong_places, row)

    def _see_wrong(self, value: str, keys: dict[str, Any], row: int) -> None:
        if DECIMAL_COMMA.fullmatch(value.strip()):
            self.commas += 1
            self.comma = self.comma or (value, row)
        if keys:
            self.others += 1
            self.other = self.other or (value.removeprefix(UNREADABLE), row)
            self.needed[_as_yaml(keys)] += 1

    def _note(self, places: list[int], texts: pa.Array, row: Callable[[int], int]) -> None:
        self.unreadable += len(places)
        for place in places[: EXAMPLES - len(self.examples)]:
            self.examples.append((texts[place].as_py().removeprefix(UNREADABLE), row(place)))

    def _see_points(
        self, texts: pa.Array, wrong_places: list[int], row: Callable[[int], int]
    ) -> None:
        has_point = pc.match_substring(texts, ".")
        if not pc.any(has_point).as_py():
            return  # to look for one costs a seventh of a regular expression
        several = []
        if pc.any(pc.equal(pc.binary_slice(texts.cast(pa.binary()), -4, -3), b".")).as_py():
            maybe = pc.match_substring_regex(texts, MAYBE_THOUSANDS)
            several = pc.indices_nonzero(maybe).to_pylist()
        wrong = (place for place in wrong_places if has_point[place].as_py())
        self.points += pc.sum(has_point).as_py() - len({*several, *wrong})
        if self.thousands is None and several:
            self.thousands = (texts[several[0]].as_py(), row(several[0]))

    def told(self, file: str, rows: int) -> str | None:
        """What people should know of the column; None where all is well.

        Raises UserError where the column is written in another format.
        """
        noun, advice, called = self.kind.noun, self._advice(), self.table.called(self.name)
        if not self.filled:
            if self.table.meta_of(self.name).optional:
                return None
            return f"Column {called} of {file} has no value in any of its {rows:,} rows."
        if not self.unreadable:
            return None
        if self.unreadable == self.filled:
            raise UserError(
                f"Column {called} of {file} holds no readable {noun} (first value"
                f" {self.examples[0][0][:40]!r}): {self._again()}{advice}{self._declaration()}."
            )
        if self.thousands and self.comma and self.commas > self.points:
            raise UserError(
                f"Column {called} of {file} has decimal commas ({self.comma[0][:40]!r} in row"
                f" {self.comma[1]:,}), so {self.thousands[0]} in row {self.thousands[1]:,} may be a"
                f" thousand and more: {self._again()}{advice}{self._declaration()}."
            )
        if self.other and self.others > max(1, self.points, self.filled // A_QUARTER):
            raise UserError(
                f"Column {called} of {file} is written in another format ({self.other[0][:40]!r}"
                f" in row {self.other[1]:,}, {self.others:,} of {self.filled:,} values):"
                f" {self._again()}{advice}{self._declaration()}."
            )
        shown = ", ".join(f"{value[:40]!r} in row {row:,}" for value, row in self.examples)
        more = ", …" if self.unreadable > len(self.examples) else ""
        told = (
            f"Column {called} of {file}: {self.unreadable:,} of {self.filled:,} values are no"
            f" readable {noun} ({shown}{more}): {advice}."
        )
        if self.commas and self.thousands:
            told += f" The point of {self.thousands[0]} in row {self.thousands[1]:,} is read as"
            told += " that of decimals."
        return told

    def _again(self) -> str:
        """The likeliest remedy of a known export, which has always the same format."""
        if not self.reader.known_as:
            return ""
        return "export it again, and load it without opening it in a spreadsheet, or "

    def _advice(self) -> str:
        if self.kind is DATE:
            return "write dates as YYYY-MM-DD"
        if self.kind is DECIMAL:
            return f"write numbers like 1234{self.reader.decimal_mark}56"
        return "write whole numbers like 1234"

    def _declaration(self) -> str:
        """What to write where, so that the column is read as it is."""
        if not self.needed or not self.table.file:
            return ""
        orders = [keys for keys in self.needed if "null" not in keys]
        keys = max(orders or self.needed, key=self.needed.__getitem__)
        which = " (false where the month comes first)" if "null" in keys else ""
        keys = keys.replace("null", "true")
        return (
            f", or declare `reader: {{{keys}}}`{which} under `config: meta:` in {self.table.file}"
        )


def _as_yaml(keys: dict[str, Any]) -> str:
    return ", ".join(f"{key}: {json.dumps(keys[key], ensure_ascii=False)}" for key in keys)


def _fit(numbers: pa.Array, declared: str) -> bool:
    """Whether whole numbers are all in the range of a declared type of such."""
    least, most = (bound.as_py() or 0 for bound in pc.min_max(numbers).values())
    bits = BITS.get(declared.lower(), 0)
    return bits > 0 and -(2 ** (bits - 1)) <= least and most < 2 ** (bits - 1)


class Watched:
    """A file whose declared columns are looked at while it is loaded."""

    def __init__(self, file: DataFile, types: dict[str, str]) -> None:
        self._columns = [
            Column(name, declared, kind, file.table)
            for name, declared in types.items()
            if (kind := kind_of(declared)) and not pa.types.is_nested(file.schema.field(name).type)
        ]
        self._texts = {
            name: file.table.called(name)
            for name, declared in types.items()
            if declared.lower() in TEXT and not pa.types.is_nested(file.schema.field(name).type)
        }
        self._name, self._rows = file.path.name, 0
        self.file = replace(file, batches=self._seen(file))

    def _seen(self, file: DataFile) -> Iterator[pa.RecordBatch]:
        for batch in file.batches:
            before = self._rows

            def row(place: int, before: int = before) -> int:
                return file.row_number(before + place)

            for name, called in self._texts.items():
                _check_ids(self._name, called, batch.column(name), row)
            for column in self._columns:
                column.see(batch.column(column.name), row)
            self._rows += batch.num_rows
            yield batch

    def told(self) -> list[str]:
        """What people should know, once all is read; errors as of `Column.told`."""
        told = [column.told(self._name, self._rows) for column in self._columns]
        return [line for line in told if line]


def _check_ids(file: str, called: str, column: pa.Array, row: Callable[[int], int]) -> None:
    """Refuse ids of which a spreadsheet has left the first digits only."""
    texts = as_text(column)
    data = texts.buffers()[2]
    if not data or b"+" not in data.to_pybytes():
        return  # a look at all of them at once costs next to nothing
    cut = pc.indices_nonzero(pc.match_substring_regex(texts, CUT_SHORT))
    if len(cut):
        place = cut[0].as_py()
        raise UserError(
            f"Column {called} of {file} holds numbers that a spreadsheet has cut short"
            f" ({texts[place].as_py()!r} in row {row(place):,}), so that their other digits are"
            " lost: export the file again, and load it without opening it in a spreadsheet."
        )


def check_formulas(file: DataFile, types: dict[str, Any]) -> list[str]:
    """Say which columns hold formulas without values; a declared one is a UserError."""
    told = []
    for column, cell in file.uncalculated.items():
        line = (
            f"Cell {cell} of {file.path.name} (column {column}) is a formula whose value no program"
            " has stored: open the file in Excel, save it and load it again."
        )
        if column in types:
            raise UserError(line)
        told.append(line)
    return told
