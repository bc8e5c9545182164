"""What can be read as a declared type: the same as `try_cast` in dbt makes a value of."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Context, Decimal

import pyarrow as pa
import pyarrow.compute as pc

from include.errors import UserError
from include.warehouse.data_file import EXACT, DataFile

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
    r"([T ]([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9]([.][0-9]+)?)?"
    r"(Z| ?[+-](0[0-9]|1[0-4]):?[0-5][0-9])?)?$"
)

TEXT = ("text", "varchar")
BITS = {"smallint": 16, "integer": 32, "bigint": 64}
DIGITS = re.compile(r"numeric *\( *(\d+) *(?:, *(\d+) *)?\)")
MONEY = (18, 4)  # what `numeric` is to try_cast
# What Arrow reads and we do not is told by its letters (nan, 1e00005, 0x1F), by its length, that of
# an hour without minutes (2026-11-05 08), or is in the year 0.
NOT_PLAIN = (b"e", b"E", b"n", b"N", b"x", b"X")
HOUR = len("2026-11-05 08")
YEAR_ONE = pa.scalar(datetime(1, 1, 1), pa.timestamp("us"))  # noqa: DTZ001 - as files have it


@dataclass(frozen=True)
class Kind:
    """A kind of declared types: what its values are called, and how most are written."""

    noun: str
    plain: str
    arrow: pa.DataType
    """What Arrow reads them as, where it can."""
    is_own: Callable[[pa.DataType], bool]
    """Whether a file's type is of this kind, and need not become text."""


def _is_number(type_: pa.DataType) -> bool:
    return bool(
        pa.types.is_integer(type_) or pa.types.is_floating(type_) or pa.types.is_decimal(type_)
    )


def is_moment(type_: pa.DataType) -> bool:
    return bool(pa.types.is_date(type_) or pa.types.is_timestamp(type_))


DATE = Kind("date", PLAIN_MOMENT, pa.timestamp("us"), is_moment)
DECIMAL = Kind("number", PLAIN_NUMBER, pa.float64(), _is_number)
INTEGER = Kind("whole number", PLAIN_WHOLE, pa.int64(), _is_number)
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
    precision, scale = _digits(declared)
    number = Decimal(text)
    if number and number.adjusted() >= precision - scale:
        return False
    rounded = number.quantize(Decimal(1).scaleb(-scale), ROUND_HALF_UP, Context(prec=1000))
    return abs(rounded) < Decimal(1).scaleb(precision - scale)


def _digits(declared: str) -> tuple[int, int]:
    """How many digits a declared number has, and how many of them are decimals."""
    digits = DIGITS.fullmatch(declared)
    return (int(digits[1]), int(digits[2] or 0)) if digits else MONEY


def are_readable(texts: pa.Array, kind: Kind, declared: str) -> bool:
    """Whether all texts of a column certainly are, found out in a third of the time that a regular
    expression takes; where some may not be, each has to be looked at."""
    data = texts.buffers()[2]
    letters = data.to_pybytes() if data else b""
    if any(letter in letters for letter in NOT_PLAIN):
        return False
    try:
        values = texts.cast(kind.arrow)
    except pa.ArrowInvalid:
        return False
    if kind is DATE:
        wrong = pc.or_(pc.equal(pc.binary_length(texts), HOUR), pc.less(values, YEAR_ONE))
        return not pc.any(wrong).as_py()
    least, most = (bound.as_py() or 0 for bound in pc.min_max(values).values())
    from_, below = _range(declared.lower())
    return bool(from_ <= least and most < below)


def _range(declared: str) -> tuple[float, float]:
    """From where to below where a number certainly fits a declared type."""
    if bits := BITS.get(declared):
        return -(2 ** (bits - 1)), 2 ** (bits - 1)
    if declared.startswith(("double", "real")):
        return -1e38, 1e38
    precision, scale = _digits(declared)
    most = 10 ** (precision - scale) - 1  # above, it may be rounded to one more digit
    return -most, most


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
                _whole_as_text(column) if name in changed else column
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
    return declared.lower() not in TEXT


def _whole_as_text(column: pa.Array) -> pa.Array:
    """A column as text, with all digits of ids that are kept as floats: not 1.23456789012e+11."""
    if not pa.types.is_floating(column.type):
        return as_text(column)
    is_whole = pc.and_(
        pc.equal(column, pc.floor(column)), pc.less_equal(pc.abs(column), float(EXACT))
    )
    whole = pc.if_else(is_whole, column, None).cast(pa.int64())
    return pc.if_else(pc.fill_null(is_whole, False), as_text(whole), as_text(column))


def as_text(column: pa.Array) -> pa.Array:
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    return column.cast(pa.string())
