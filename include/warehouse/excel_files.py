"""Reading Excel: the first sheet, a type a column."""

import datetime as dt
import re
import zipfile
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


def open_excel(path: Path, table: Table) -> DataFile:
    """The first sheet; it is read whole, as a sheet has at most a million rows."""
    try:
        numbers, rows = _read_sheet(path)
        formulas = _formulas(path)
    except Exception as error:
        # The library lets through whatever a damaged archive or its XML raises.
        raise UserError(
            f"{path.name} is not a readable Excel file: open it in Excel and save it as .xlsx."
        ) from error
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
    convert = converters(table)
    for i, name in names.items():
        if name in convert and convert[name].of_days:
            _check_swapped(path, name, columns[i], numbers[1:])
    read = pa.table(
        {
            name: _column([_landed(cell, convert.get(name)) for cell in columns[i]])
            for i, name in names.items()
        }
    )
    return DataFile(
        path,
        table,
        read.schema,
        iter(read.to_batches(max_chunksize=65536)),
        row_number=lambda place: numbers[place + 1],
        uncalculated=_uncalculated(
            formulas, numbers, [names.get(i, "") for i in range(width)], columns
        ),
        told=told,
    )


def top_rows(path: Path) -> list[list[str]]:
    """The texts of the first rows."""
    return [
        [str(cell) for cell in map(_value, row) if cell is not None]
        for row in _cells(path, data_only=True, rows=TOP)
    ]


def _read_sheet(path: Path) -> tuple[list[int], list[tuple[Any, ...]]]:
    """The rows with a value, and their numbers in the sheet; a blank text is no value."""
    numbered = [
        (number, tuple(map(_value, row)))
        for number, row in enumerate(_cells(path, data_only=True), start=1)
    ]
    filled = [(number, row) for number, row in numbered if any(value is not None for value in row)]
    return [number for number, _ in filled], [row for _, row in filled]


def _value(cell: Any) -> Any:
    """A cell as a person sees it: without what keeps a text a text; None where it is blank."""
    if not isinstance(cell, str):
        return cell
    if cell[:1] in ("'", "="):
        cell = re.sub(WRAPPER, r"\1", re.sub(GUARD, r"\1", cell), flags=re.S)
    return cell if cell.strip(" ") else None


def _cells(path: Path, data_only: bool, rows: int | None = None) -> list[tuple[Any, ...]]:
    import openpyxl

    workbook = openpyxl.load_workbook(path, read_only=True, data_only=data_only)
    try:
        sheet = workbook.worksheets[0]
        sheet.reset_dimensions()  # some programs write a wrong size
        return list(sheet.iter_rows(values_only=True, max_row=rows))
    finally:
        workbook.close()


def _formulas(path: Path) -> dict[tuple[int, int], str]:
    """(row, column), each from 1, of the first sheet's cells with a formula."""
    with zipfile.ZipFile(path) as archive:
        sheets = [name for name in archive.namelist() if name.startswith("xl/worksheets/")]
        if not any(FORMULA.search(archive.read(name)) for name in sheets):
            return {}
    return {
        (number, position): value
        for number, row in enumerate(_cells(path, data_only=False), start=1)
        for position, value in enumerate(row, start=1)
        if isinstance(value, str) and value.startswith("=")
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
