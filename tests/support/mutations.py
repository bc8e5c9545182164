"""One cell of a shop's files made wrong, as people and programs do it, by a number that names it.

A file is its rows of cells, the header first; a cell is its text. Nothing here knows of any shop.
"""

import random
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

Files = dict[str, list[list[str]]]
"""File name → its rows, the header first."""


class Raw(str):
    """A cell that is written as it stands, without the quotation marks it would need."""


@dataclass(frozen=True)
class Mutation:
    """What was done to which cell."""

    seed: int
    kind: str
    file: str
    row: int
    """As a spreadsheet numbers it: the header is row 1."""
    column: str
    before: str
    after: str

    def __str__(self) -> str:
        cell = f"{self.file} row {self.row} {self.column}"
        return f"seed {self.seed}, {self.kind}: {cell}: {self.before[:60]!r} → {self.after[:60]!r}"


DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
TEXTS = ["abc", "NaN", "Infinity", "-inf", "1_000", "0x1F", "R$ 5", "#REF!", "true", "1,5", "12.5"]
SIZES = ["0", "0.00001", "999", "100000", "1" + "0" * 11, "9" * 14, "1e20", "9" * 400]
SIGNS = ["\x00", "\udce3", "\ufeff", "\u200b", "\U0001f375", "\u202e", "\u0661", "\\", "\x1a"]
SIGNS += ["\n", '"', ",", ";", "'"]
EMPTY = ["", " ", "\t", "\u00a0", "NULL", "N/A", "-"]
DATES = [
    "1970-01-01",
    "1899-12-30",
    "9999-12-31",
    "0001-01-01",
    "2026-02-30",
    "31/03/2026",
    "45678",
    "2026-04-01T23:30:00-0700",
    "2062-01-30",
    "12026-01-01",
]


def mutate(files: Files, seed: int) -> tuple[Files, Mutation]:
    """A copy of the files with one cell, or one row, changed."""
    rng = random.Random(seed)  # noqa: S311
    file = rng.choice(sorted(files))
    rows = [list(row) for row in files[file]]
    row, column = rng.randrange(1, len(rows)), rng.randrange(len(rows[0]))
    dates = [place for place, cell in enumerate(rows[row]) if DAY.match(cell)]
    kinds = sorted(KINDS) if dates else sorted(KINDS.keys() - {"date shift"})
    kind = rng.choice(kinds)
    if kind == "date shift":
        column = rng.choice(dates)
    before = rows[row][column]
    after = KINDS[kind](rng, before)
    rows[row][column] = after
    if kind == "duplication":  # with what is now in the cell, or quite the same
        rows.insert(rng.randint(row + 1, len(rows)), list(rows[row]))
        rows[row][column] = before
    return files | {file: rows}, Mutation(seed, kind, file, row + 1, rows[0][column], before, after)


def write(files: Files, folder: Path) -> None:
    """Write the files as CSV; a lone surrogate is the byte it stands for."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in files.items():
        text = "".join(",".join(_field(cell) for cell in row) + "\n" for row in rows)
        (folder / name).write_bytes(text.encode("utf-8", "surrogateescape"))


def _field(cell: str) -> str:
    if isinstance(cell, Raw) or not re.search(r'[,"\r\n]', cell):
        return cell
    return '"' + cell.replace('"', '""') + '"'


# --- what is done to a cell, by kind


def _type(rng: random.Random, cell: str) -> str:
    return rng.choice([text for text in TEXTS if text != cell])


def _sign(rng: random.Random, cell: str) -> str:
    return rng.choice([cell[1:] if cell.startswith("-") else f"-{cell}", f"+{cell}", f"({cell})"])


def _size(rng: random.Random, cell: str) -> str:
    return rng.choice([*(size for size in SIZES if size != cell), cell + "000", "x" * 100_000])


def _encoding(rng: random.Random, cell: str) -> str:
    half = len(cell) // 2
    sign = rng.choice(SIGNS)
    put = rng.choice([sign + cell, cell[:half] + sign + cell[half:], cell + sign])
    return Raw(put) if rng.random() < 0.5 else put


def _emptiness(rng: random.Random, cell: str) -> str:
    return rng.choice([text for text in EMPTY if text != cell])


def _duplication(rng: random.Random, cell: str) -> str:
    return rng.choice([cell, cell, f"{cell} ", cell.lower(), cell + "1"])


def _date_shift(rng: random.Random, cell: str) -> str:
    day = date.fromisoformat(cell[:10])
    shifted = [day + timedelta(days) for days in (-1, 1, -366, 100, 400, 36525)]
    return rng.choice([*(f"{one}{cell[10:]}" for one in shifted), *DATES])


KINDS: dict[str, Callable[[random.Random, str], str]] = {
    "type": _type,
    "sign": _sign,
    "size": _size,
    "encoding": _encoding,
    "emptiness": _emptiness,
    "duplication": _duplication,
    "date shift": _date_shift,
}
