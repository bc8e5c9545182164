"""The data files of a folder (CSV, CSV.GZ, Excel, Parquet), each opened as batches of Arrow.

Columns keep their order and content: CSV is text (only an empty field is NULL), Excel and Parquet
are typed. Knows nothing of Postgres but which names and types it can hold. What makes a file
unreadable is a UserError with the file's name, raised on opening or while the batches run.
"""

import csv
import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pyarrow as pa

from include.errors import UserError
from include.warehouse import csv_text, excel_files
from include.warehouse.csv_files import open_csv
from include.warehouse.csv_text import NOT_UTF8
from include.warehouse.data_file import DataFile, check_names
from include.warehouse.declared import ROW, Reader, Table
from include.warehouse.excel_files import open_excel
from include.warehouse.formats import converted
from include.warehouse.parquet_files import open_parquet

SUFFIXES = (".csv", ".csv.gz", ".xlsx", ".parquet")
REMEDIES = {
    ".zip": "unpack a .zip into the folder",
    ".xls": "save an .xls as .xlsx in a spreadsheet",
    ".ods": "save an .ods as .xlsx in a spreadsheet",
}
"""What to do with files that are none of these, where it is known."""
ARCHIVES = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")  # how .xlsx, .ods and .zip begin, and .xls
SEED = Table(reader=Reader(encoding="utf-8"))  # and in no other, as dbt reads it


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
        listed += remedies(names)
        raise UserError(f"{folder} holds no data files ({', '.join(SUFFIXES)}): found {listed}.")
    return [folder / name for name in found]


def other_files(folder: Path) -> list[str]:
    """What else lies in a folder of data files, by name, folders with a stroke; no hidden ones."""
    return [
        f"{path.name}/" if path.is_dir() else path.name
        for path in sorted(folder.iterdir())
        if not path.name.startswith((".", "~$")) and (path.is_dir() or not _suffix(path.name))
    ]


def remedies(names: list[str]) -> str:
    """What to do with files that cannot be read as they are, to go on with; may be nothing."""
    found = [do for end, do in REMEDIES.items() if any(_ends(name, end) for name in names)]
    return f": {', and '.join(found)}" if found else ""


def snake_case(path: Path) -> str:
    """A file's name as the end of a table's: `Online Retail.csv.gz` is `online_retail`."""
    stem = path.name[: -len(_suffix(path.name))]
    ascii_only = unicodedata.normalize("NFKD", stem).encode("ascii", "ignore").decode()
    words = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", ascii_only)
    name = re.sub(r"[^a-z0-9]+", "_", words.lower()).strip("_")
    if not name:
        raise UserError(f"{path.name} gives no table name: rename it with letters or digits.")
    return name


def open_file(path: Path, table: Table | None = None) -> DataFile:
    """Open a data file, as it is declared; its columns have names and types that Postgres can hold.

    Of a file that is known by its headers they are the declared ones, in their order. A column
    `_row` that is declared, and not in the file, is the number of the row in the file.
    """
    table = table or Table()
    if path.stat().st_size == 0:
        raise UserError(f"{path.name} is empty (0 bytes): export it again.")
    suffix = _suffix(path.name)
    if suffix == ".csv":
        _check_is_text(path)
    if suffix == ".parquet":
        file = converted(open_parquet(path, table))
    elif suffix == ".xlsx":
        file = open_excel(path, table)
    else:
        file = converted(open_csv(path, table))
    if ROW in table.types and ROW not in file.schema.names:
        file = _with(file, ROW, _row_numbers(file))
    for column, one in table.meta.items():
        if column not in file.schema.names:
            original = table.original(column)
            if original and original in file.schema.names:
                file = _with(file, column, _copies(original))
            elif one.optional:
                file = _with(file, column, _nulls)
    return _narrowed(file) if table.reader.known_as else file


def _check_is_text(path: Path) -> None:
    """Refuse a workbook or an archive that was renamed."""
    with path.open("rb") as file:
        if file.read(4) in ARCHIVES:
            raise UserError(
                f"{path.name} is no CSV but a workbook or an archive, whatever its name: call it"
                " .xlsx if it is one, unpack it if it is a .zip, else save it as .xlsx in a"
                " spreadsheet."
            )


def top_rows(path: Path) -> list[list[str]]:
    """The texts of a file's first rows, one of which is its header; none of one that is damaged."""
    suffix = _suffix(path.name)
    try:
        if suffix == ".xlsx":
            return excel_files.top_rows(path)
        if suffix == ".parquet":
            return [open_parquet(path, Table()).schema.names]
        if suffix == ".csv":
            _check_is_text(path)
        return csv_text.top_rows(path)
    except Exception:
        return []


def _with(file: DataFile, name: str, values: Callable[[pa.RecordBatch], pa.Array]) -> DataFile:
    """The file with one more column, which is made batch by batch."""
    type_ = pa.int64() if name == ROW else pa.string()

    def batches() -> Iterator[pa.RecordBatch]:
        for batch in file.batches:
            yield batch.append_column(name, values(batch).cast(type_))

    return replace(file, schema=file.schema.append(pa.field(name, type_)), batches=batches())


def _row_numbers(file: DataFile) -> Callable[[pa.RecordBatch], pa.Array]:
    before = 0

    def numbers(batch: pa.RecordBatch) -> pa.Array:
        nonlocal before
        places = range(before, before + batch.num_rows)
        before = places.stop
        if not places:
            return pa.array([], pa.int64())
        first, last = file.row_number(places[0]), file.row_number(places[-1])
        if last - first == len(places) - 1:  # no blank row is between them
            return pa.array(range(first, last + 1), pa.int64())
        return pa.array(map(file.row_number, places), pa.int64())

    return numbers


def _copies(original: str) -> Callable[[pa.RecordBatch], pa.Array]:
    return lambda batch: batch.column(original)


def _nulls(batch: pa.RecordBatch) -> pa.Array:
    return pa.nulls(batch.num_rows, pa.string())


def _narrowed(file: DataFile) -> DataFile:
    """The file with nothing but what is declared: the rest is people's, and no model needs it."""
    kept = [name for name in file.table.types if name in file.schema.names]
    schema = pa.schema([file.schema.field(name) for name in kept])
    return replace(file, schema=schema, batches=(batch.select(kept) for batch in file.batches))


def bad_text(path: Path, table: Table) -> UserError | None:
    """The refusal of a file with a character NUL or bytes that are no text, with the first cell."""
    file = open_file(path, table)
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
        if refusal := bad_text(path, SEED):  # and what is no CSV is raised on the way
            raise refusal
        with path.open(encoding="utf-8-sig", newline="") as file:  # declared by their names
            check_names(path, next(csv.reader(file)))


def _suffix(name: str) -> str:
    return next((suffix for suffix in SUFFIXES if _ends(name, suffix)), "")


def _ends(name: str, suffix: str) -> bool:
    return name.lower().endswith(suffix)
