"""Dates and numbers as a source writes them, into what `landing` holds: 2026-11-05, 1234.56.

Only what the source declares is read in another way (`Reader`); nothing is guessed by the values.
A time keeps the offset that it tells, and `try_cast` makes UTC of it.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import pyarrow as pa

from include.warehouse.data_file import DataFile
from include.warehouse.declared import Reader, Table
from include.warehouse.readable import DATE, is_readable, kind_of

# How people and spreadsheets write days.
SHORT_DAY = re.compile(
    r"(?P<one>[0-9]{1,2})([/.-])(?P<two>[0-9]{1,2})\2(?P<year>[0-9]{4})"
    r"([T ,]+((às|as|a las) +)?(?P<rest>[0-9].*))?",
    re.I,
)
LONG_DAY = re.compile(
    r"([^\W\d]+(-feira)?,? +)?(?P<day>[0-9]{1,2})[ºo°]?( +de +|[ /.-]+)(?P<month>[^\W\d]{3,})\.?"
    r"( +del? +|[ /.,-]+)(?P<year>[0-9]{4})(,? +((às|as|a las) +)?(?P<rest>[0-9].*))?",
    re.I,
)
SERIAL_DAY = re.compile(r"[1-9][0-9]{4}([.][0-9]+)?")
CURRENCY = re.compile(r"[A-Z]{0,3}[$€£¥₹₩₱₡₲₺]|[A-Z]{3}")
UNREADABLE = "unreadable: "
"""Begins what `landing` holds of a text that is not as declared, and would be read otherwise."""

CLOCK = re.compile(
    r"(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})(:(?P<second>[0-9]{2})([.,](?P<fraction>[0-9]+))?)?"
    r"( *(?P<half>[ap])\.? ?m\.?)?( *(hs?|hrs?|horas)\.?)?"
    r" *(?P<offset>z|utc|gmt|[+-][0-9]{2}:?[0-9]{2}|[+-][0-9]{2})?",
    re.I,
)
# The first letters of the months in Portuguese and in Spanish; none means another month there.
MONTHS = {
    **{"jan": 1, "ene": 1, "fev": 2, "feb": 2, "mar": 3, "abr": 4, "mai": 5, "may": 5, "jun": 6},
    **{"jul": 7, "ago": 8, "set": 9, "sep": 9, "out": 10, "oct": 10, "nov": 11, "dez": 12},
    **{"dic": 12},
}
SERIAL = re.compile(r"([0-9]{2,7})([.,][0-9]+)?")
SERIALS = range(61, 2_958_466)  # March 1900, before which they err by a day, to 9999
DAY_ZERO = datetime(1899, 12, 30)  # noqa: DTZ001 - as a sheet has it


@dataclass(frozen=True)
class Convert:
    """What reads the texts of a column, as it is declared."""

    declared: str
    of_days: bool
    read: Callable[[str], str | None]
    """A text as `landing` holds it; None where it is not written as declared."""

    def __call__(self, text: str) -> str:
        """Mark what is not as declared, but would be read as something else: 10.50 by 99,90."""
        new = self.read(text)
        if new is None:
            return UNREADABLE + text if is_readable(text, self.declared) else text
        return new


def converters(table: Table) -> dict[str, Convert]:
    """What reads a column's texts, by column, where the source declares that it is needed."""
    of_dates, of_numbers = _of_dates(table.reader), _of_numbers(table.reader)
    found = {}
    for name, declared in table.types.items():
        kind = kind_of(declared)
        if kind is DATE and of_dates:
            found[name] = Convert(declared, True, of_dates)
        elif kind and kind is not DATE and of_numbers:
            found[name] = Convert(declared, False, of_numbers)
    return found


def converted(file: DataFile) -> DataFile:
    """The file with its texts as `landing` holds them."""
    convert = {
        name: how
        for name, how in converters(file.table).items()
        if name in file.schema.names and pa.types.is_string(file.schema.field(name).type)
    }
    if not convert:
        return file

    def batches() -> Iterator[pa.RecordBatch]:
        for batch in file.batches:
            columns = [
                _each_once(column, convert[name]) if name in convert else column
                for name, column in zip(file.schema.names, batch.columns, strict=True)
            ]
            yield pa.RecordBatch.from_arrays(columns, schema=file.schema)

    return replace(file, batches=batches())


def _each_once(column: pa.Array, convert: Convert) -> pa.Array:
    encoded = column.dictionary_encode()
    values = [None if text is None else convert(text) for text in encoded.dictionary.to_pylist()]
    return pa.array(values, pa.string()).take(encoded.indices)


# --- numbers


@cache
def _of_numbers(reader: Reader) -> Callable[[str], str | None] | None:
    if not (reader.decimal or reader.thousands or reader.currency):
        return None
    decimal, thousands = re.escape(reader.decimal_mark), re.escape(reader.thousands_mark)
    whole = f"[0-9]{{1,3}}(?:{thousands}[0-9]{{3}})+|[0-9]+" if thousands else "[0-9]+"
    sign = "|".join(map(re.escape, sorted(reader.currency, key=len, reverse=True)))
    currency = f"(?:{sign})?" if sign else ""
    pattern = re.compile(
        f"(?P<minus>[+-]?) *{currency} *(?P<sign>[+-]?) *(?:(?P<whole>{whole})"
        f"(?:{decimal}(?P<part>[0-9]*))?|{decimal}(?P<only>[0-9]+))(?P<e>[eE][+-]?[0-9]{{1,3}})?"
        f" *{currency}"
    )

    def convert(text: str) -> str | None:
        found = pattern.fullmatch(_blanks(text))
        if not found or (found["minus"] and found["sign"]):
            return None
        whole = (found["whole"] or "0").replace(reader.thousands_mark or " ", "")
        part = found["part"] or found["only"]
        number = (found["minus"] or found["sign"]) + whole + (f".{part}" if part else "")
        return number + (found["e"] or "")

    return convert


def _blanks(text: str) -> str:
    """A text with plain blanks, and none at its ends."""
    return text.replace("\u00a0", " ").replace("\u202f", " ").strip(" ")


# --- dates and times


@cache
def _of_dates(reader: Reader) -> Callable[[str], str | None] | None:
    if reader.day_first is None and not reader.serial_dates:
        return None

    def convert(text: str) -> str | None:
        text = _blanks(text)
        if is_readable(text, "timestamp"):
            return text
        if reader.serial_dates and (found := SERIAL.fullmatch(text)):
            return _of_serial(found)
        if reader.day_first is not None and (found := SHORT_DAY.fullmatch(text)):
            day, month = found["one"], found["two"]
            if not reader.day_first:
                day, month = month, day
            return _written(found["year"], int(month), day, found["rest"])
        if reader.day_first and (found := LONG_DAY.fullmatch(text)):
            return _written(found["year"], _month(found["month"]), found["day"], found["rest"])
        return None

    return convert


def _month(name: str) -> int:
    plain = unicodedata.normalize("NFKD", name.lower())
    return MONTHS.get(plain[:3], 0)


def _written(year: str, month: int, day: str, rest: str | None) -> str | None:
    """A day and the time behind it; None where there is no such day or time."""
    text = f"{year}-{month:02}-{int(day):02}"
    if rest:
        found = CLOCK.fullmatch(rest)
        if not found:
            return None
        text += f" {int(found['hour']):02}:{found['minute']}:{found['second'] or '00'}"
        text += f".{found['fraction']}" if found["fraction"] else ""
        text += f" {found['half'].upper()}M" if found["half"] else ""
        text += f" {found['offset'].upper()}" if found["offset"] else ""
    return text if is_readable(text, "timestamp") else None


def _of_serial(found: re.Match[str]) -> str | None:
    """The day that a spreadsheet keeps as a number, and the time as a part of a day."""
    if int(found[1]) not in SERIALS:
        return None
    part = float((found[2] or ".0").replace(",", "."))
    at = DAY_ZERO + timedelta(days=int(found[1]), seconds=round(part * 86_400))
    return f"{at:%Y-%m-%d %H:%M:%S}" if found[2] else f"{at:%Y-%m-%d}"


# --- what would have to be declared


def needed(text: str, declared: str, reader: Reader) -> dict[str, Any]:
    """Keys of a reader that would read a text which this one does not; none where no reader would.

    A day of which nobody knows the order, 05/11/2026, gives `day_first` None.
    """
    text = _blanks(text.removeprefix(UNREADABLE))
    if kind_of(declared) is DATE:
        return _needed_of_dates(text, reader)
    signs = {*CURRENCY.findall(text)} - {*reader.currency}
    for decimal in (",", "."):
        currency = (*reader.currency, *signs)
        read = _of_numbers(replace(reader, decimal=decimal, thousands=None, currency=currency))
        if read and is_readable(read(text) or "", declared):
            return {"decimal": decimal, **({"currency": min(signs)} if signs else {})}
    return {}


def _needed_of_dates(text: str, reader: Reader) -> dict[str, Any]:
    orders = [
        order
        for order in (True, False)
        if order is not reader.day_first
        and (read := _of_dates(replace(reader, day_first=order)))
        and read(text)
    ]
    if orders:
        return {"day_first": orders[0] if len(orders) == 1 else None}
    is_serial = SERIAL_DAY.fullmatch(text) and not reader.serial_dates
    return {"serial_dates": True} if is_serial else {}
