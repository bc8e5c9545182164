"""How an export writes dates and numbers, as far as its values can tell."""

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal
from functools import cache

from include.warehouse.declared import Reader, Table
from include.warehouse.formats import CURRENCY, SERIAL_DAY, Convert, converters
from include.warehouse.readable import is_readable

UNKNOWN = "unknown"
"""What no value tells: 05/11/2026 beside no day after the 12th, or 1.500."""


def decimal_mark(texts: Iterable[str]) -> str | None:
    """The decimal mark of numbers; None where none has any, UNKNOWN where it may be either."""
    texts = list(texts)
    return _told(
        texts, "numeric", {mark: Reader(decimal=mark, currency=signs(texts)) for mark in ",."}
    )


def day_first(texts: Iterable[str]) -> bool | str | None:
    """Whether 05/11 is in November; None where the year comes first, UNKNOWN as above."""
    readers = {str(order): Reader(day_first=order) for order in (True, False)}
    told = _told(list(texts), "timestamp", readers)
    return told if told in (None, UNKNOWN) else told == "True"


def signs(texts: Iterable[str]) -> tuple[str, ...]:
    """The signs of currencies that stand beside numbers."""
    return tuple(sorted({sign for text in texts for sign in CURRENCY.findall(text)}))


def thousands(texts: Iterable[str], reader: Reader) -> str | None:
    """The mark between thousands, where it is a blank or an apostrophe."""
    unread = [text for text in texts if read(text, "numeric", reader) is None]
    for mark in (" ", "'"):
        other = replace(reader, thousands=mark)
        if any(read(text, "numeric", other) is not None for text in unread):
            return mark
    return None


def are_serial(texts: Iterable[str]) -> bool:
    """Whether dates are the numbers by which a spreadsheet counts days."""
    texts = list(texts)
    return bool(texts) and all(SERIAL_DAY.fullmatch(text) for text in texts)


def read(text: str, declared: str, reader: Reader) -> str | None:
    """A text as `landing` would hold it; None where it cannot be read so."""
    convert = _converter(declared, reader)
    if convert:
        return convert.read(text)
    return text if is_readable(text, declared) else None


@cache
def _converter(declared: str, reader: Reader) -> Convert | None:
    return converters(Table({"it": declared}, reader=reader)).get("it")


def numbers(texts: Iterable[str], reader: Reader) -> dict[str, Decimal | None]:
    """Text → the number that is written."""
    found = {text: read(text, "numeric", reader) for text in texts}
    return {text: None if value is None else Decimal(value) for text, value in found.items()}


def _told(texts: list[str], declared: str, readers: dict[str, Reader]) -> str | None:
    """Which of two readers the values fit."""
    votes, is_either = dict.fromkeys(readers, 0), False
    for text in texts:
        found = {name: read(text, declared, reader) for name, reader in readers.items()}
        there = [name for name, value in found.items() if value is not None]
        if len(there) == 1:
            votes[there[0]] += 1
        elif len({*found.values()}) > 1:
            is_either = True
    told = [name for name, count in votes.items() if count]
    if len(told) == 1:
        return told[0]
    return UNKNOWN if told or is_either else None


def is_day(text: str) -> bool:
    """Whether a text is a date or a time in any way of writing."""
    return any(read(text, "timestamp", Reader(day_first=order)) for order in (True, False))


def is_number(text: str) -> bool:
    """Whether a text is a number in any way of writing."""
    currency = signs([text])
    return any(
        read(text, "numeric", Reader(decimal=decimal, thousands=thousands, currency=currency))
        for decimal in (",", ".")
        for thousands in (None, " ", "'")
    )
