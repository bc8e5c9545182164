"""Reading a shop's data files (CSV, CSV.GZ, Excel, Parquet) as streams of Arrow record batches.

Columns keep their names, order and content: CSV is text (only an empty field is NULL), Excel and
Parquet are typed. Knows nothing of Postgres but which names and types it can hold. What makes a
file unreadable is a UserError with the file's name, raised on opening or while the batches run.
"""

import csv
import datetime as dt
import gzip
import io
import re
import unicodedata
import zipfile
import zlib
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import Any

import pyarrow as pa

from include.errors import UserError

SUFFIXES = (".csv", ".csv.gz", ".xlsx", ".parquet")
FORMULA = re.compile(rb"<(\w+:)?f[ />]")
LONGEST_NAME = 63  # bytes; Postgres cuts longer ones off
NOT_UTF8 = re.compile("[\udc80-\udcff]")  # how a byte that is no UTF-8 is read to be found
EXACT = 2**53  # the largest number up to which a spreadsheet keeps every whole one

# Appended to a CSV as its last row: if it does not come out again as one, a quoted value is open.
END_MARK = "\x02end\x03"


@dataclass(frozen=True)
class DataFile:
    """A file opened for one pass: its columns, and its rows in batches of bounded size."""

    path: Path
    schema: pa.Schema
    batches: Iterator[pa.RecordBatch]
    row_number: Callable[[int], int] = lambda place: place + 2
    """The number that a program shows for a row, by its place from 0; the header is row 1."""
    uncalculated: dict[str, str] = field(default_factory=dict)
    """Columns of Excel with formulas whose values are not stored, each with its first such cell."""


def data_files(folder: Path) -> list[Path]:
    """The data files of a folder, by name; hidden ones and Excel's lock files are none."""
    if not folder.exists():
        raise UserError(f"There is no folder {folder}: give the one with the shop's files.")
    if not folder.is_dir():
        raise UserError(f"{folder} is a file: give the folder it lies in.")
    names = sorted(path.name for path in folder.iterdir() if path.is_file())
    found = [name for name in names if _suffix(name) and not name.startswith((".", "~$"))]
    if not found:
        listed = f"only {', '.join(names[:5])}" if names else "nothing"
        raise UserError(f"{folder} holds no data files ({', '.join(SUFFIXES)}): found {listed}.")
    return [folder / name for name in found]


def other_files(folder: Path) -> list[str]:
    """What else lies in a folder of data files, by name, folders with a stroke; no hidden ones."""
    return [
        f"{path.name}/" if path.is_dir() else path.name
        for path in sorted(folder.iterdir())
        if not path.name.startswith((".", "~$")) and (path.is_dir() or not _suffix(path.name))
    ]


def snake_case(path: Path) -> str:
    """A file's name as the end of a table's: `Online Retail.csv.gz` is `online_retail`."""
    stem = path.name[: -len(_suffix(path.name))]
    ascii_only = unicodedata.normalize("NFKD", stem).encode("ascii", "ignore").decode()
    words = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", ascii_only)
    name = re.sub(r"[^a-z0-9]+", "_", words.lower()).strip("_")
    if not name:
        raise UserError(f"{path.name} gives no table name: rename it with letters or digits.")
    return name


def open_file(path: Path) -> DataFile:
    """Open a data file; its columns have names and types that Postgres can hold."""
    if path.stat().st_size == 0:
        raise UserError(f"{path.name} is empty (0 bytes): export it again.")
    suffix = _suffix(path.name)
    if suffix == ".parquet":
        return _open_parquet(path)
    if suffix == ".xlsx":
        return _open_excel(path)
    return _open_csv(path)


def bad_text(path: Path) -> UserError | None:
    """The refusal of a file with a character NUL or bytes that are no text, with the first cell."""
    file = open_file(path)
    before = 0
    for batch in file.batches:
        found = [
            (place, name)
            for name, column in zip(batch.schema.names, batch.columns, strict=True)
            if pa.types.is_string(column.type)
            for place, value in enumerate(column.cast(pa.binary()).to_pylist())
            if value and (b"\0" in value or NOT_UTF8.search(value.decode(errors="surrogateescape")))
        ]
        if found:
            place, name = min(found)
            return UserError(
                f"{path.name} holds a character NUL, or bytes that are no text, in column {name} in"
                f" row {file.row_number(before + place):,}: correct it or export the file again."
            )
        before += batch.num_rows
    return None


def check_seeds(folder: Path) -> None:
    """Read dbt's seeds before dbt does, which stops at a bad one in words of its own.

    Raises UserError with the file and the row.
    """
    for path in sorted(folder.rglob("*.csv")):
        if refusal := bad_text(path):  # and what is no CSV is raised on the way
            raise refusal


def _suffix(name: str) -> str:
    return next((suffix for suffix in SUFFIXES if name.lower().endswith(suffix)), "")


def _check_names(path: Path, names: list[str]) -> None:
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


# --- CSV


class _WithEndMark:
    """A binary file with one row appended; what pyarrow needs of a file, no more."""

    def __init__(self, file: Any, row: bytes) -> None:
        self._file, self._rest = file, row
        self.closed = False

    def read(self, size: int = -1) -> bytes:
        chunk: bytes = self._file.read(size)
        if size < 0 or len(chunk) < size:  # the end: a header alone needs the mark as well
            chunk, self._rest = chunk + self._rest, b""
        return chunk

    def close(self) -> None:
        self.closed = True


def _open_csv(path: Path) -> DataFile:
    from pyarrow import csv as arrow_csv

    open_binary = gzip.open if _suffix(path.name) == ".csv.gz" else open
    names, delimiter = _read_header(path, open_binary)
    _check_names(path, names)
    text = _CsvText(path, open_binary, names, delimiter)
    bad_rows: list[Any] = []

    def remember(row: Any) -> str:
        bad_rows.append(row)
        return "error"

    def batches() -> Iterator[pa.RecordBatch]:
        mark = "\n" + delimiter.join([END_MARK] * len(names)) + "\n"
        try:
            with open_binary(path, "rb") as file:
                reader = arrow_csv.open_csv(
                    _WithEndMark(file, mark.encode()),
                    # A thread gains nothing beside Postgres' own work, and loses row numbers.
                    read_options=arrow_csv.ReadOptions(use_threads=False),
                    parse_options=arrow_csv.ParseOptions(
                        delimiter=delimiter, newlines_in_values=True, invalid_row_handler=remember
                    ),
                    convert_options=arrow_csv.ConvertOptions(
                        column_types=dict.fromkeys(names, pa.string()),
                        strings_can_be_null=True,
                        null_values=[""],
                    ),
                )
                yield from _without_end_mark(text, reader)
        except (pa.ArrowException, OSError, EOFError, zlib.error) as error:
            raise _csv_error(text, str(error), bad_rows) from error

    schema = pa.schema([(name, pa.string()) for name in names])
    return DataFile(path, schema, batches(), row_number=text.row_number)


@dataclass(frozen=True)
class _CsvText:
    """A CSV read once more, and slowly, to say where in it something is."""

    path: Path
    open_binary: Callable[..., Any]
    names: list[str]
    delimiter: str

    def rows(self) -> Iterator[list[str]]:
        """The rows as a spreadsheet counts them, header and blank lines too.

        A byte that is not UTF-8 is a lone surrogate.
        """
        with self.open_binary(self.path, "rb") as file:
            text = io.TextIOWrapper(file, "utf-8-sig", errors="surrogateescape", newline="")
            yield from csv.reader(text, delimiter=self.delimiter)

    @cached_property
    def _blank(self) -> list[int]:
        """For each blank line the place, from 0, of the next row that is none."""
        places: list[int] = []
        filled = 0
        for row in self.rows():
            if row:
                filled += 1
            else:
                places.append(filled - 1)
        return places

    def row_number(self, place: int) -> int:
        """A spreadsheet's number of the row at a place among those that are not blank."""
        return place + 2 + bisect_right(self._blank, place)

    def last_row(self) -> int:
        """The number of the row in which the text ends, or a value has grown out of all measure."""
        number = 0
        with suppress(csv.Error):
            for number, row in enumerate(self.rows(), start=1):  # noqa: B007
                pass
            return number
        return number + 1

    def not_utf8(self) -> UserError:
        """The refusal of a text that is not UTF-8, with the first cell that shows it."""
        for number, row in enumerate(self.rows(), start=1):
            for name, cell in zip(self.names, row, strict=False):
                if NOT_UTF8.search(cell):
                    return _not_utf8(self.path, f"column {name} in row {number:,}")
        return _not_utf8(self.path, "the file")


def _read_header(path: Path, open_binary: Callable[..., Any]) -> tuple[list[str], str]:
    """The column names, and the delimiter: comma, or what spreadsheets write in its place."""
    try:
        with open_binary(path, "rb") as file:
            text = io.TextIOWrapper(file, "utf-8-sig", errors="surrogateescape", newline="")
            first = text.readline(1_000_000)
            delimiter = max(",;\t", key=first.count)
            names = next(csv.reader(chain([first], text), delimiter=delimiter), [])
    except (OSError, EOFError, zlib.error, csv.Error) as error:
        raise _csv_error(_CsvText(path, open_binary, [], ","), str(error), []) from error
    if any(NOT_UTF8.search(name) for name in names):
        raise _not_utf8(path, "its header row")
    if not names:
        raise UserError(f"{path.name} has no header row: export it again with one.")
    return names, delimiter


def _without_end_mark(
    text: _CsvText, batches: Iterator[pa.RecordBatch]
) -> Iterator[pa.RecordBatch]:
    """Pass the batches on without their last row, which must be the end mark."""
    last = None
    for batch in batches:
        if batch.num_rows:
            if last is not None:
                yield last
            last = batch
    if last is None or set(last.slice(last.num_rows - 1).to_pylist()[0].values()) != {END_MARK}:
        raise _open_quote(text)
    yield last.slice(0, last.num_rows - 1)


def _csv_error(text: _CsvText, said: str, bad_rows: list[Any]) -> UserError:
    name = text.path.name
    if bad_rows:
        row = bad_rows[0]
        if END_MARK in (row.text or ""):
            return _open_quote(text)
        return UserError(
            f"Row {text.row_number(row.number - 2):,} of {name} has {row.actual_columns} fields"
            f" where the header has {row.expected_columns}: correct the row (a value with a comma"
            " needs quotation marks) or export the file again."
        )
    if "UTF8" in said:
        return text.not_utf8()
    if "straddling" in said:
        return UserError(
            f"Row {text.last_row():,} of {name} has more than a megabyte: a quotation mark"
            ' (") is probably opened and never closed; correct it or export the file again.'
        )
    if name.lower().endswith(".gz") and "CSV" not in said:
        return UserError(f"{name} is not a whole gzip file: copy or export it again.")
    return UserError(f"{name} cannot be read as CSV: {_first_line(said)}.")


def _open_quote(text: _CsvText) -> UserError:
    return UserError(
        f'{text.path.name} ends inside a quoted value: a quotation mark (") is opened, it seems in'
        f" row {text.last_row():,}, and never closed; correct it or export the file again."
    )


def _not_utf8(path: Path, where: str) -> UserError:
    return UserError(
        f"{path.name} is not UTF-8 text: save it as UTF-8 (in Excel: “CSV UTF-8”, or as .xlsx),"
        f" or correct {where}."
    )


# --- Parquet


def _open_parquet(path: Path) -> DataFile:
    from pyarrow import parquet

    broken = UserError(f"{path.name} is not a readable Parquet file: copy or export it again.")
    try:
        file = parquet.ParquetFile(path, page_checksum_verification=True)
        stored = file.schema_arrow
    except (pa.ArrowException, OSError) as error:
        raise broken from error
    _check_names(path, stored.names)
    schema = pa.schema(
        [(name, _plain_type(path, name, stored.field(name).type)) for name in stored.names]
    )

    def batches() -> Iterator[pa.RecordBatch]:
        try:
            for batch in file.iter_batches():
                yield batch if batch.schema.equals(schema) else batch.cast(schema)
        except (pa.ArrowException, OSError) as error:
            raise broken from error

    return DataFile(path, schema, batches(), row_number=lambda place: place + 1)


def _plain_type(path: Path, column: str, kind: pa.DataType) -> pa.DataType:
    """The type a column is read as: its own, or one that Postgres can hold without loss."""
    if pa.types.is_list(kind):
        return pa.list_(_plain_type(path, column, kind.value_type))
    if pa.types.is_nested(kind):
        raise UserError(
            f"Column {column!r} of {path.name} is nested ({kind}): write its parts as columns of"
            " their own."
        )
    if pa.types.is_uint64(kind):
        return pa.decimal128(20)  # more than Postgres' bigint holds
    if pa.types.is_decimal32(kind) or pa.types.is_decimal64(kind):
        return pa.decimal128(kind.precision, kind.scale)
    if pa.types.is_date64(kind):
        return pa.date32()
    return kind


# --- Excel


def _open_excel(path: Path) -> DataFile:
    """The first sheet; it is read whole, as a sheet has at most a million rows."""
    try:
        numbers, header, rows = _read_sheet(path)
        formulas = _formulas(path)
    except Exception as error:
        # The library lets through whatever a damaged archive or its XML raises.
        raise UserError(
            f"{path.name} is not a readable Excel file: open it in Excel and save it as .xlsx."
        ) from error
    width = max(map(len, (header, *rows)), default=0)
    columns = list(zip(*(tuple(row) + (None,) * (width - len(row)) for row in rows), strict=True))
    names = ["" if name is None else str(name) for name in header] + [""] * (width - len(header))
    columns = columns or [()] * width
    # Cells that were only ever formatted make columns without a name and without a value.
    kept = [i for i in range(width) if names[i] or any(value is not None for value in columns[i])]
    _check_names(path, [names[i] for i in kept])
    table = pa.table({names[i]: _excel_column(columns[i]) for i in kept})
    return DataFile(
        path,
        table.schema,
        iter(table.to_batches(max_chunksize=65536)),
        row_number=lambda place: numbers[place + 1],
        uncalculated=_uncalculated(formulas, numbers, names, columns),
    )


def _read_sheet(path: Path) -> tuple[list[int], tuple[Any, ...], list[tuple[Any, ...]]]:
    """The rows with a value: their numbers in the sheet, the header, and the rows below it."""
    numbered = [
        (number, row)
        for number, row in enumerate(_cells(path, data_only=True), start=1)
        if any(value is not None for value in row)
    ]
    rows = [row for _, row in numbered]
    return [number for number, _ in numbered], rows[0] if rows else (), rows[1:]


def _cells(path: Path, data_only: bool) -> list[tuple[Any, ...]]:
    import openpyxl

    workbook = openpyxl.load_workbook(path, read_only=True, data_only=data_only)
    try:
        sheet = workbook.worksheets[0]
        sheet.reset_dimensions()  # some programs write a wrong size
        return list(sheet.iter_rows(values_only=True))
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


def _excel_column(cells: tuple[Any, ...]) -> pa.Array:
    """One type a column: that of its cells, or text where they differ."""
    values = [None if value == "" else value for value in cells]
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


def _first_line(text: str) -> str:
    return text.strip().split("\n")[0].rstrip(".")
