"""Reading Excel: the first sheet or those that are declared, a type a column."""

import datetime as dt
import re
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pyarrow as pa

from include.errors import UserError
from include.warehouse.data_file import (
    EXACT,
    GUARD,
    TOP,
    WRAPPER,
    DataFile,
    check_names,
    header_place,
    is_of_totals,
    left_out,
    numbered_names,
)
from include.warehouse.declared import Table
from include.warehouse.formats import SHORT_DAY, Convert, converters

FORMULA = re.compile(rb"<(\w+:)?f[ />]")
LAST_MONTH = 12
FEWEST = 3  # dates and texts by which it is no chance that they part at the 12th


@dataclass(frozen=True)
class Sheet:
    """What is read of a sheet."""

    columns: dict[str, tuple[Any, ...]]
    """Name → cells."""
    numbers: list[int]
    """Of the rows, in the sheet."""
    uncalculated: dict[str, str]
    told: list[str]


def open_excel(path: Path, table: Table) -> DataFile:
    """The first sheet, or those that are declared, one below the other.

    A sheet is read whole, as it has at most a million rows. Of sheets that overlap each order is
    from the last one that has it, as of files.
    """
    try:
        found, others = _cells(path, data_only=True, sheet=table.reader.sheet)
        formulas = _formulas(path, table.reader.sheet)
    except UserError:
        raise
    except Exception as error:
        # The library lets through whatever a damaged archive or its XML raises.
        raise UserError(
            f"{path.name} is not a readable Excel file: open it in Excel and save it as .xlsx."
        ) from error
    filled = {name: cells for name, cells in found.items() if _is_filled(cells)} or found
    sheets = {
        name: _read_sheet(path, table, cells, formulas.get(name, {}))
        for name, cells in filled.items()
    }
    whole = _below_each_other(path, sheets, table.reader.newest_per or "")
    if others:
        listed = ", ".join(map(repr, others))
        whole.told.append(
            f"Of {path.name} the sheet {next(iter(found))!r} is read, and not {listed}: declare"
            " sheet where another is meant."
        )
    convert = converters(table)
    for name, cells in whole.columns.items():
        if name in convert and convert[name].of_days:
            _check_swapped(path, name, cells, whole.numbers)
    read = pa.table(
        {
            name: _column([_landed(cell, convert.get(name)) for cell in cells])
            for name, cells in whole.columns.items()
        }
    )
    return DataFile(
        path,
        table,
        read.schema,
        iter(read.to_batches(max_chunksize=65536)),
        row_number=lambda place: whole.numbers[place],
        uncalculated=whole.uncalculated,
        told=whole.told,
    )


def top_rows(path: Path) -> list[list[str]]:
    """The texts of the first rows of every sheet."""
    found, _ = _cells(path, data_only=True, sheet="*", rows=TOP)
    return [
        [str(cell) for cell in map(_value, row) if cell is not None]
        for cells in found.values()
        for row in cells
    ]


def _read_sheet(
    path: Path,
    table: Table,
    cells: list[tuple[Any, ...]],
    formulas: dict[tuple[int, int], str],
) -> Sheet:
    numbers, rows = _filled(cells)
    place = header_place(rows[:TOP], table)
    header, rows, numbers = rows[place] if rows else (), rows[place + 1 :], numbers[place:]
    told: list[str] = []
    if rows and is_of_totals(rows[-1] + (None,) * (len(header) - len(rows[-1]))):
        number = numbers.pop()
        told.append(left_out(number, path, rows.pop()))
        formulas = {cell: value for cell, value in formulas.items() if cell[0] != number}
    width = max(map(len, (header, *rows)), default=0)
    columns = list(zip(*(tuple(row) + (None,) * (width - len(row)) for row in rows), strict=True))
    columns = columns or [()] * width
    texts = ["" if name is None else str(name) for name in header] + [""] * (width - len(header))
    # Cells that were only ever formatted make columns without a name and without a value.
    kept = [i for i in range(width) if texts[i] or any(value is not None for value in columns[i])]
    called = table.landed(numbered_names([texts[i] for i in kept]))
    names = dict(zip(kept, called, strict=True))
    check_names(path, list(names.values()))
    return Sheet(
        {name: columns[i] for i, name in names.items()},
        numbers[1:],
        _uncalculated(formulas, numbers, [names.get(i, "") for i in range(width)], columns),
        told,
    )


def _below_each_other(path: Path, sheets: dict[str, Sheet], key: str) -> Sheet:
    """Sheets with the same columns as one; of one that overlaps a later one what that has not.

    Whether two sheets have the same is told by the key's column; without one nothing is.
    """
    (first, whole), *more = reversed(sheets.items())
    for name, sheet in more:
        if sheet.columns.keys() != whole.columns.keys():
            raise UserError(
                f"The sheets {name!r} and {first!r} of {path.name} have different columns: declare"
                " sheet so that those of one kind are read."
            )
        keys = [_cell_text(cell) for cell in sheet.columns[key]] if key in sheet.columns else []
        later = whole.columns.get(key, ())
        newer = {_cell_text(cell) for cell in later if cell is not None}
        older = newer.intersection(keys)
        places = [
            place for place in range(len(sheet.numbers)) if not keys or keys[place] not in older
        ]
        told = (
            f"{len(older):,} of {key} in the sheet {name!r} of {path.name} are in a later one as"
            " well, and taken from there."
        )
        whole = Sheet(
            {
                column: tuple(sheet.columns[column][place] for place in places) + cells
                for column, cells in whole.columns.items()
            },
            [sheet.numbers[place] for place in places] + whole.numbers,
            sheet.uncalculated | whole.uncalculated,
            sheet.told + ([told] if older else []) + whole.told,
        )
    return whole


def _filled(cells: list[tuple[Any, ...]]) -> tuple[list[int], list[tuple[Any, ...]]]:
    """The rows with a value, and their numbers in the sheet; a blank text is no value."""
    numbered = [(number, tuple(map(_value, row))) for number, row in enumerate(cells, start=1)]
    filled = [(number, row) for number, row in numbered if any(value is not None for value in row)]
    return [number for number, _ in filled], [row for _, row in filled]


def _value(cell: Any) -> Any:
    """A cell as a person sees it: without what keeps a text a text; None where it is blank."""
    if not isinstance(cell, str):
        return cell
    if cell[:1] in ("'", "="):
        cell = re.sub(WRAPPER, r"\1", re.sub(GUARD, r"\1", cell), flags=re.S)
    return cell if cell.strip(" ") else None


def _cells(
    path: Path, data_only: bool, sheet: str | None = None, rows: int | None = None
) -> tuple[dict[str, list[tuple[Any, ...]]], list[str]]:
    """The rows of the sheets whose names fit a pattern, else of the first.

    And the names of those with values that nobody has asked for.
    """
    import openpyxl

    workbook = openpyxl.load_workbook(path, read_only=True, data_only=data_only)
    try:
        there = workbook.worksheets
        for one in there:
            one.reset_dimensions()  # some programs write a wrong size
        wanted = [one for one in there if fnmatchcase(one.title.lower(), (sheet or "*").lower())]
        if not wanted:
            listed = ", ".join(repr(one.title) for one in there)
            raise UserError(f"{path.name} has no sheet {sheet!r}: found {listed}.")
        if not sheet:
            wanted = wanted[:1]
        others = [
            one.title
            for one in there
            if one not in wanted
            and not sheet
            and _is_filled(one.iter_rows(values_only=True, max_row=TOP))
        ]
        found = {one.title: list(one.iter_rows(values_only=True, max_row=rows)) for one in wanted}
        return found, others
    finally:
        workbook.close()


def _is_filled(rows: Iterable[tuple[Any, ...]]) -> bool:
    return any(_value(cell) is not None for row in rows for cell in row)


def _formulas(path: Path, sheet: str | None) -> dict[str, dict[tuple[int, int], str]]:
    """Sheet → (row, column), each from 1, of its cells with a formula."""
    with zipfile.ZipFile(path) as archive:
        sheets = [name for name in archive.namelist() if name.startswith("xl/worksheets/")]
        if not any(FORMULA.search(archive.read(name)) for name in sheets):
            return {}
    found, _ = _cells(path, data_only=False, sheet=sheet)
    return {
        name: {
            (number, position): value
            for number, row in enumerate(cells, start=1)
            for position, value in enumerate(row, start=1)
            if isinstance(value, str) and value.startswith("=")
        }
        for name, cells in found.items()
    }


def _uncalculated(
    formulas: dict[tuple[int, int], str],
    numbers: list[int],
    names: list[str],
    columns: list[tuple[Any, ...]],
) -> dict[str, str]:
    """The columns with formulas, where the program that wrote the file calculated none.

    A program stores the values of all or of none, and one may be an empty text, which looks like
    none.
    """
    from openpyxl.utils import get_column_letter

    place_of = {number: place for place, number in enumerate(numbers[1:])}
    first: dict[str, str] = {}
    for number, position in sorted(formulas):
        if number <= numbers[0] or position > len(names) or not names[position - 1]:
            continue
        place = place_of.get(number)  # a row of nothing but such formulas has none
        if place is not None and columns[position - 1][place] is not None:
            return {}
        first.setdefault(names[position - 1], f"{get_column_letter(position)}{number}")
    return first


def _check_swapped(path: Path, name: str, cells: tuple[Any, ...], numbers: list[int]) -> None:
    """Refuse days of which a spreadsheet has taken some for dates, with day and month swapped.

    Opened where the month comes first, 05/11/2026 is a date in May, and 31/12/2026 stays a text.
    """
    dates = [cell for cell in cells if isinstance(cell, dt.datetime)]
    texts = [
        (found, number)
        for cell, number in zip(cells, numbers, strict=True)
        if isinstance(cell, str) and (found := SHORT_DAY.fullmatch(cell.strip()))
    ]
    if (
        min(len(dates), len(texts)) >= FEWEST
        and all(date.day <= LAST_MONTH for date in dates)
        and all(max(int(text["one"]), int(text["two"])) > LAST_MONTH for text, _ in texts)
    ):
        text, number = texts[0]
        raise UserError(
            f"Column {name} of {path.name} holds days up to the 12th as dates and all others as"
            f" texts ({text[0]!r} in row {number:,}): a spreadsheet has swapped day and month of"
            " the former. Export the file again, and load it without opening it in a spreadsheet."
        )


def _landed(cell: Any, convert: Convert | None) -> Any:
    """A cell as `landing` holds it; a number is one, unless it is a day."""
    if convert and (isinstance(cell, str) or (convert.of_days and type(cell) in (int, float))):
        return convert(_cell_text(cell))
    return cell


def _column(values: list[Any]) -> pa.Array:
    """One type a column: that of its cells, or text where they differ."""
    kinds = {type(value) for value in values if value is not None}
    if kinds == {bool}:
        return pa.array(values, pa.bool_())
    if kinds == {int} and all(abs(value) < 2**63 for value in values if value is not None):
        return pa.array(values, pa.int64())
    if kinds and kinds <= {int, float} and all(abs(v) <= EXACT for v in values if type(v) is int):
        return pa.array([None if v is None else float(v) for v in values], pa.float64())
    if kinds == {dt.datetime}:
        return pa.array(values, pa.timestamp("us"))
    return pa.array([None if value is None else _cell_text(value) for value in values], pa.string())


def _cell_text(value: Any) -> str:
    """A cell as text; a whole number without the point that some programs store."""
    if isinstance(value, float) and value.is_integer() and abs(value) <= EXACT:
        return str(int(value))
    return str(value)
