"""Reading CSV: every column is text, in batches, as fast as pyarrow reads them."""

import csv
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from include.errors import UserError
from include.warehouse.csv_text import (
    NOT_ASCII,
    RUINED,
    SPREADSHEETS,
    CsvText,
    csv_text,
    is_gzip,
    open_binary,
)
from include.warehouse.data_file import (
    GUARD,
    WRAPPER,
    DataFile,
    check_names,
    first_line,
    is_of_totals,
    left_out,
)
from include.warehouse.declared import Table

# Appended as the last row: if it does not come out again as one, a quoted value is open.
END_MARK = "\x02end\x03"


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


def open_csv(path: Path, table: Table) -> DataFile:
    """Open a file; every column is text."""
    try:
        text = csv_text(path, table)
    except (OSError, EOFError, zlib.error, UnicodeError, csv.Error) as error:
        raise _csv_error(CsvText(path, "utf-8"), str(error), []) from error
    check_names(path, text.names)
    told = _told_of_letters(text, table)
    kept = table.kept(text.names)
    schema = pa.schema([(name, pa.string()) for name in kept])
    return DataFile(path, table, schema, _batches(text, kept, told), text.row_number, told=told)


def _batches(text: CsvText, kept: list[str], told: list[str]) -> Iterator[pa.RecordBatch]:
    from pyarrow import csv as arrow_csv

    bad_rows: list[Any] = []

    def remember(row: Any) -> str:
        bad_rows.append(row)
        return "skip" if _is_short_total(text, row) else "error"

    mark = "\n" + text.delimiter.join([END_MARK] * len(text.names)) + "\n"
    try:
        with open_binary(text.path) as file:
            file.seek(text.rows_at)
            stream = _WithEndMark(file, mark.encode(text.encoding))
            if text.encoding != "utf-8":
                stream = pa.transcoding_input_stream(
                    pa.PythonFile(stream, mode="r"), text.encoding, "utf-8"
                )
            reader = arrow_csv.open_csv(
                stream,
                # A thread gains nothing beside Postgres' own work, and loses row numbers.
                read_options=arrow_csv.ReadOptions(use_threads=False, column_names=text.names),
                parse_options=arrow_csv.ParseOptions(
                    delimiter=text.delimiter,
                    newlines_in_values=True,
                    invalid_row_handler=remember,
                ),
                convert_options=arrow_csv.ConvertOptions(
                    check_utf8=False,  # as `csv_text` has
                    include_columns=kept,
                    column_types=dict.fromkeys(kept, pa.string()),
                    strings_can_be_null=True,
                    null_values=[""],
                ),
            )
            rows = 0
            for batch in _without_last(text, reader, told):
                rows += batch.num_rows
                yield _without_guards(text, batch)
        if bad_rows:
            _check_is_last(text, bad_rows, rows, told)
    except (pa.ArrowException, OSError, EOFError, UnicodeError, zlib.error) as error:
        raise _csv_error(text, str(error), bad_rows) from error


def _without_last(
    text: CsvText, batches: Iterator[pa.RecordBatch], told: list[str]
) -> Iterator[pa.RecordBatch]:
    """Pass the batches on without the end mark, which must be there, and a row of totals."""
    last, before = None, 0
    for batch in batches:
        if batch.num_rows > 1 and last is not None:
            before += last.num_rows
            yield last
            last = batch
        elif batch.num_rows:  # of a single row, which may be the mark: the row above is held, too
            last = batch if last is None else pa.concat_batches([last, batch])
    if last is None or set(last.slice(last.num_rows - 1).to_pylist()[0].values()) != {END_MARK}:
        raise _open_quote(text)
    last = last.slice(0, last.num_rows - 1)
    if last.num_rows:
        row = list(last.slice(last.num_rows - 1).to_pylist()[0].values())
        if is_of_totals(row):
            last = last.slice(0, last.num_rows - 1)
            told.append(left_out(text.row_number(before + last.num_rows), text.path, row))
    yield last


# --- a row of totals with fewer fields than the others


def _is_short_total(text: CsvText, row: Any) -> bool:
    if row.actual_columns >= row.expected_columns or row.text is None:
        return False
    return is_of_totals([*_cells(text, row), ""])


def _cells(text: CsvText, row: Any) -> list[str]:
    return next(csv.reader([row.text], delimiter=text.delimiter), [])


def _check_is_last(text: CsvText, bad_rows: list[Any], rows: int, told: list[str]) -> None:
    first = bad_rows[0]
    if first.number != rows + 1:
        raise _csv_error(text, "", bad_rows)
    told.append(left_out(text.row_number(rows), text.path, _cells(text, first)))


# --- what is written around values


def _without_guards(text: CsvText, batch: pa.RecordBatch) -> pa.RecordBatch:
    """Take off what keeps a spreadsheet from reading a text as a number or a formula."""
    for sign, pattern in (("'", GUARD), ("=", WRAPPER)):
        if sign.encode() in text.marks:
            columns = [_without(column, sign, pattern) for column in batch.columns]
            batch = pa.RecordBatch.from_arrays(columns, schema=batch.schema)
    return batch


def _without(column: pa.Array, sign: str, pattern: str) -> pa.Array:
    if not pc.any(pc.starts_with(column, sign)).as_py():
        return column
    bare = pc.replace_substring_regex(column, f"(?s){pattern}", r"\1")
    return pc.if_else(pc.equal(bare, ""), None, bare)


def _told_of_letters(text: CsvText, table: Table) -> list[str]:
    """What people should know of the encoding, and of letters that were ruined before."""
    told, name = [], text.path.name
    if text.encoding == SPREADSHEETS and not table.reader.encoding:
        found = text.first(NOT_ASCII)
        shown = f" ({_shown(table, found)})" if found else ""
        told.append(
            f"{name} is not UTF-8, and is read as Windows-1252{shown}: where that is wrong, save it"
            " as UTF-8."
        )
    if text.marks & {b"\xef\xbf\xbd", b"\xc3\x83\xc2"} and (found := text.first(RUINED)):
        told.append(
            f"Letters of {name} were ruined before it was loaded ({_shown(table, found)}): export"
            " it again."
        )
    return told


def _shown(table: Table, found: tuple[str, str, int]) -> str:
    """A cell to look at; of an export with people in it only where it is."""
    cell, column, row = found
    what = f"column {column}" if table.reader.known_as else repr(cell[:40])
    return f"{what} in row {row:,}"


# --- refusals


def _csv_error(text: CsvText, said: str, bad_rows: list[Any]) -> UserError:
    name = text.path.name
    if bad_rows:
        return _bad_row(text, bad_rows[0])
    if "straddling" in said:
        return UserError(
            f"Row {text.last_row():,} of {name} has more than a megabyte: a quotation mark"
            ' (") is probably opened and never closed; correct it or export the file again.'
        )
    if is_gzip(text.path) and "CSV" not in said:
        return UserError(f"{name} is not a whole gzip file: copy or export it again.")
    if "codec can't decode" in said:
        return text.not_text()
    return UserError(f"{name} cannot be read as CSV: {first_line(said)}.")


def _bad_row(text: CsvText, row: Any) -> UserError:
    if END_MARK in (row.text or ""):
        return _open_quote(text)
    said = (
        f"Row {text.row_number(row.number - 1):,} of {text.path.name} has {row.actual_columns}"
        f" fields where the header has {row.expected_columns}: "
    )
    if row.actual_columns == 1 and (row.text or "").startswith('"'):
        return UserError(
            f"{said}a spreadsheet has put the whole row into one value; export the file again, and"
            " load it without opening it there."
        )
    return UserError(
        f"{said}correct the row (a value with a comma needs quotation marks) or export the file"
        " again."
    )


def _open_quote(text: CsvText) -> UserError:
    return UserError(
        f'{text.path.name} ends inside a quoted value: a quotation mark (") is opened, it seems in'
        f" row {text.last_row():,}, and never closed; correct it or export the file again."
    )
