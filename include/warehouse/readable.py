"""What a source declares of a column, held against the values of a file, of whatever kind it is.

`try_cast` in dbt leaves NULL what is not written like the declared type; here the same is found out
while a file is loaded, so that it can be told: how many values, which ones, in which rows.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from include.errors import UserError
from include.warehouse.data_file import DataFile

EXAMPLES = 3
NUMBER = r"[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]{1,3})?"
WHOLE = r"[+-]?[0-9]+([.]0*)?"
MOMENT = (
    r"(?P<day>[0-9]{4}-[0-9]{2}-[0-9]{2})"
    r"([T ] *(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})(:(?P<second>[0-9]{2})([.][0-9]+)?)?"
    r"( *(?P<half>[AaPp][Mm]))?"
    r"( *(Z|z|UTC|GMT|[+-](?P<ahead>[0-9]{2})(:?(?P<ahead_minutes>[0-9]{2}))?))?)?"
)
# Most values of most files are written like these, and need no closer look.
PLAIN_NUMBER = r"^-?[0-9]{1,9}([.][0-9]{1,4})?$"
PLAIN_WHOLE = r"^-?[0-9]{1,4}$"
PLAIN_MOMENT = (
    r"^[12][0-9]{3}-((0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])|(0[13-9]|1[0-2])-(29|30)"
    r"|(0[13578]|1[02])-31)"
    r"([T ]([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9]([.][0-9]+)?)?Z?)?$"
)
DECIMAL_COMMA = re.compile(r"[+-]?[0-9.]+,[0-9]+")
MAYBE_THOUSANDS = r"^[+-]?[1-9][0-9]{0,2}([.][0-9]{3})+$"

BITS = {"smallint": 16, "integer": 32, "bigint": 64}
DIGITS = re.compile(r"numeric *\( *(\d+) *(?:, *(\d+) *)?\)")
MONEY = (18, 4)  # what `numeric` is to try_cast


@dataclass(frozen=True)
class Kind:
    """A kind of declared types: what its values are called, and how they are written."""

    noun: str
    advice: str
    plain: str
    is_own: Callable[[pa.DataType], bool]
    """Whether a file's type is of this kind, and need not become text."""


def _is_number(type_: pa.DataType) -> bool:
    return bool(
        pa.types.is_integer(type_) or pa.types.is_floating(type_) or pa.types.is_decimal(type_)
    )


def _is_moment(type_: pa.DataType) -> bool:
    return bool(pa.types.is_date(type_) or pa.types.is_timestamp(type_))


DATE = Kind("date", "write dates as YYYY-MM-DD", PLAIN_MOMENT, _is_moment)
DECIMAL = Kind("number", "write numbers like 1234.56", PLAIN_NUMBER, _is_number)
INTEGER = Kind("whole number", "write whole numbers like 1234", PLAIN_WHOLE, _is_number)
KINDS = {
    "date": DATE,
    "timestamp": DATE,
    "numeric": DECIMAL,
    "double": DECIMAL,
    "real": DECIMAL,
    **dict.fromkeys(BITS, INTEGER),
}


def kind_of(declared: str) -> Kind | None:
    """The kind of a declared type; None where every text is one, or nothing is known of it."""
    return next((kind for name, kind in KINDS.items() if declared.lower().startswith(name)), None)


def is_readable(text: str, declared: str) -> bool:
    """Whether `try_cast` makes a value of a text, of a declared type with a kind."""
    declared, text = declared.lower(), text.strip(" ")
    if bits := BITS.get(declared):
        return bool(re.fullmatch(WHOLE, text)) and (
            -(2 ** (bits - 1)) <= Decimal(text.split(".")[0]) < 2 ** (bits - 1)
        )
    if kind_of(declared) is DATE:
        found = re.fullmatch(MOMENT, text)
        return found is not None and _is_moment_there(found)
    if not re.fullmatch(NUMBER, text):
        return False
    if declared.startswith(("double", "real")):
        return abs(float(text)) < (1e38 if declared == "real" else float("inf"))
    digits = DIGITS.fullmatch(declared)
    precision, scale = (int(digits[1]), int(digits[2] or 0)) if digits else MONEY
    number = Decimal(text)
    if number and number.adjusted() >= precision - scale:
        return False
    rounded = number.quantize(Decimal(1).scaleb(-scale), ROUND_HALF_UP, Context(prec=1000))
    return abs(rounded) < Decimal(1).scaleb(precision - scale)


def _is_moment_there(found: re.Match[str]) -> bool:
    try:
        date.fromisoformat(found["day"])
    except ValueError:
        return False
    hour, minute, second, ahead, ahead_minutes = (
        int(found[part] or 0) for part in ("hour", "minute", "second", "ahead", "ahead_minutes")
    )
    is_end_of_day = (hour, minute, second) == (24, 0, 0) and not found["half"]
    return (
        (hour <= (12 if found["half"] else 23) or is_end_of_day)
        and minute < 60
        and second <= 60
        and ahead < 16
        and ahead_minutes < 60
    )


def as_declared(file: DataFile, types: dict[str, str]) -> DataFile:
    """The file with a text in place of each value that is of another kind than declared.

    So an id that a spreadsheet keeps as a number is the id, and the models find in `landing` what
    they were written for, or a text that is told to be unreadable.
    """
    changed = {
        name: pa.string()
        for name, declared in types.items()
        if not _fits(file.schema.field(name).type, declared)
    }
    if not changed:
        return file
    schema = pa.schema([(one.name, changed.get(one.name, one.type)) for one in file.schema])

    def batches() -> Iterator[pa.RecordBatch]:
        for batch in file.batches:
            columns = [
                _as_text(column) if name in changed else column
                for name, column in zip(schema.names, batch.columns, strict=True)
            ]
            yield pa.RecordBatch.from_arrays(columns, schema=schema)

    for name in changed:
        if pa.types.is_nested(file.schema.field(name).type):
            raise UserError(
                f"Column {name} of {file.path.name} holds lists where one value is declared: write"
                " one value a row."
            )
    return replace(file, schema=schema, batches=batches())


def _fits(type_: pa.DataType, declared: str) -> bool:
    if pa.types.is_dictionary(type_):
        type_ = type_.value_type
    if pa.types.is_string(type_) or pa.types.is_large_string(type_) or pa.types.is_binary(type_):
        return True
    kind = kind_of(declared)
    if kind:
        return kind.is_own(type_)
    return declared.lower() not in ("text", "varchar")


def _as_text(column: pa.Array) -> pa.Array:
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    return column.cast(pa.string())


@dataclass
class Column:
    """What was seen of a declared column while a file was read."""

    name: str
    declared: str
    kind: Kind
    filled: int = 0
    unreadable: int = 0
    examples: list[tuple[str, int]] = field(default_factory=list)
    """The first values that cannot be read, each with its row."""
    commas: int = 0
    """How many are numbers with a decimal comma."""
    comma: tuple[str, int] | None = None
    points: int = 0
    """How many numbers have a point that can only be one of decimals."""
    thousands: tuple[str, int] | None = None
    """The first number whose point may be one of thousands, with its row."""

    def see(self, column: pa.Array, row: Callable[[int], int]) -> None:
        """Count what a batch holds; `row` is the number in the file of a place in the batch."""
        if _is_moment(column.type):
            filled = column.drop_null()
            self.filled += len(filled)
            years = pc.year(column)
            wrong = pc.or_(pc.less(years, 1), pc.greater(years, 9999))
            self._note(pc.indices_nonzero(wrong).to_pylist(), _as_text(column), row)
            return
        texts = _as_text(column)
        self.filled += len(texts) - texts.null_count
        odd = pc.indices_nonzero(pc.invert(pc.match_substring_regex(texts, self.kind.plain)))
        known: dict[str, bool] = {}
        wrong_places = []
        for place, value in zip(odd.to_pylist(), texts.take(odd).to_pylist(), strict=True):
            if value not in known:
                known[value] = is_readable(value, self.declared)
            if not known[value]:
                wrong_places.append(place)
                if DECIMAL_COMMA.fullmatch(value.strip()):
                    self.commas += 1
                    self.comma = self.comma or (value, row(place))
        self._note(wrong_places, texts, row)
        if self.kind is DECIMAL and pa.types.is_string(column.type):
            self._see_points(texts, wrong_places, row)

    def _note(self, places: list[int], texts: pa.Array, row: Callable[[int], int]) -> None:
        self.unreadable += len(places)
        for place in places[: EXAMPLES - len(self.examples)]:
            self.examples.append((texts[place].as_py(), row(place)))

    def _see_points(
        self, texts: pa.Array, wrong_places: list[int], row: Callable[[int], int]
    ) -> None:
        has_point = pc.match_substring(texts, ".")
        if not pc.any(has_point).as_py():
            return  # to look for one costs a seventh of a regular expression
        several = pc.indices_nonzero(pc.match_substring_regex(texts, MAYBE_THOUSANDS)).to_pylist()
        wrong = (place for place in wrong_places if has_point[place].as_py())
        self.points += pc.sum(has_point).as_py() - len({*several, *wrong})
        if self.thousands is None and several:
            self.thousands = (texts[several[0]].as_py(), row(several[0]))

    def told(self, file: str, rows: int) -> str | None:
        """What people should know of the column; None where all is well.

        Raises UserError where the column is written in another format.
        """
        noun, advice = self.kind.noun, self.kind.advice
        if not self.filled:
            return f"Column {self.name} of {file} has no value in any of its {rows:,} rows."
        if not self.unreadable:
            return None
        if self.unreadable == self.filled:
            raise UserError(
                f"Column {self.name} of {file} holds no readable {noun} (first value"
                f" {self.examples[0][0][:40]!r}): {advice}."
            )
        if self.thousands and self.comma and self.commas > self.points:
            raise UserError(
                f"Column {self.name} of {file} has decimal commas ({self.comma[0][:40]!r} in row"
                f" {self.comma[1]:,}), so {self.thousands[0]} in row {self.thousands[1]:,} may be a"
                f" thousand and more: {advice}."
            )
        shown = ", ".join(f"{value[:40]!r} in row {row:,}" for value, row in self.examples)
        more = ", …" if self.unreadable > len(self.examples) else ""
        told = (
            f"Column {self.name} of {file}: {self.unreadable:,} of {self.filled:,} values are no"
            f" readable {noun} ({shown}{more}): {advice}."
        )
        if self.commas and self.thousands:
            told += f" The point of {self.thousands[0]} in row {self.thousands[1]:,} is read as"
            told += " that of decimals."
        return told


class Watched:
    """A file whose declared columns are looked at while it is loaded."""

    def __init__(self, file: DataFile, types: dict[str, str]) -> None:
        self._columns = [
            Column(name, declared, kind)
            for name, declared in types.items()
            if (kind := kind_of(declared)) and not pa.types.is_nested(file.schema.field(name).type)
        ]
        self._name, self._rows = file.path.name, 0
        self.file = replace(file, batches=self._seen(file))

    def _seen(self, file: DataFile) -> Iterator[pa.RecordBatch]:
        for batch in file.batches:
            before = self._rows

            def row(place: int, before: int = before) -> int:
                return file.row_number(before + place)

            for column in self._columns:
                column.see(batch.column(column.name), row)
            self._rows += batch.num_rows
            yield batch

    def told(self) -> list[str]:
        """What people should know, once all is read; errors as of `Column.told`."""
        told = [column.told(self._name, self._rows) for column in self._columns]
        return [line for line in told if line]


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
