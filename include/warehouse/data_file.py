"""A file that is open for reading, whatever its kind, and what the kinds have in common."""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa

from include.errors import UserError
from include.warehouse.declared import Table

LONGEST_NAME = 63  # bytes; Postgres cuts longer ones off
EXACT = 2**53  # the largest number up to which a float keeps every whole one
TOP = 15  # rows among which the header is searched
TOTAL = re.compile(r"(sub|grand )?totals?|tota(is|les)|total (geral|general)|soma|suma", re.I)
# What programs write around a value so that a spreadsheet takes it for a text.
GUARD = r"^'([=+@-].*|[A-Z .()/+-]*[0-9][0-9A-Z .()/+-]*)$"
WRAPPER = r'^="(.*)"$'


@dataclass(frozen=True)
class DataFile:
    """A file opened for one pass: its columns, and its rows in batches of bounded size."""

    path: Path
    table: Table
    """What is declared of it."""
    schema: pa.Schema
    batches: Iterator[pa.RecordBatch]
    row_number: Callable[[int], int]
    """The number that a program shows for a row, by its place from 0."""
    uncalculated: dict[str, str] = field(default_factory=dict)
    """Columns of Excel with formulas whose values are not stored, each with its first such cell."""
    told: list[str] = field(default_factory=list)
    """What people should know of how it was read; complete once its rows are."""


def check_names(path: Path, names: list[str]) -> None:
    """Refuse names of columns that Postgres cannot hold."""
    if not names:
        raise UserError(f"{path.name} has no columns: export it again with a header row.")
    for position, name in enumerate(names, start=1):
        if not name.strip():
            raise UserError(
                f"Column {position} of {path.name} has no name: name it in the header row, or"
                " remove it."
            )
        if len(name.encode()) > LONGEST_NAME:
            raise UserError(
                f"Column {name!r} of {path.name} has a name longer than {LONGEST_NAME} bytes:"
                " shorten it."
            )
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise UserError(f"{path.name} has more than one column {twice[0]!r}: rename or remove one.")


def numbered_names(names: list[str]) -> list[str]:
    """Names cut to what Postgres holds; one that occurs before gets a number: `Units_2`."""
    given: list[str] = []
    others = {_cut(name, LONGEST_NAME) for name in names}
    for name in names:
        new, number = _cut(name, LONGEST_NAME), 1
        while new and (new in given or (number > 1 and new in others)):
            number += 1
            end = f"_{number}"
            new = _cut(name, LONGEST_NAME - len(end)) + end
        given.append(new)
    return given


def _cut(text: str, size: int) -> str:
    return text.encode(errors="surrogateescape")[:size].decode(errors="ignore")


def header_place(rows: Sequence[Sequence[Any]], table: Table) -> int:
    """The place of the header among the first rows of a file, which may have titles above it.

    It is the first row with most of the declared columns. Where no row has any, it is the first
    that is not blank, unless that is one cell above wider rows.
    """
    found = [table.found_in(row) for row in rows]
    if any(found):
        return found.index(max(found))
    filled = [sum(1 for cell in row if cell not in (None, "")) for row in rows]
    is_titled = max(filled, default=0) > 2
    return next((place for place, cells in enumerate(filled) if cells > is_titled), 0)


def is_of_totals(row: Sequence[Any]) -> bool:
    """Whether a row, the last one of a file, sums up the others: “Total”, and not every cell."""
    first = next((cell for cell in row if cell not in (None, "")), None)
    return (
        isinstance(first, str)
        and TOTAL.fullmatch(first.strip(" :")) is not None
        and any(cell in (None, "") for cell in row)
    )


def left_out(number: int, path: Path, row: Sequence[Any]) -> str:
    """What people are told of a row of totals."""
    first = next(cell for cell in row if cell not in (None, ""))
    return f"Row {number:,} of {path.name} is one of totals ({first!r}), and is left out."


def first_line(text: str) -> str:
    """The first line of what a library says, without its point."""
    return text.strip().split("\n")[0].rstrip(".")
