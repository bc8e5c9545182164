"""How a CSV is written, found out before it is read, and where in it something is, afterwards."""

import codecs
import csv
import gzip
import io
import re
from bisect import bisect_right
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import islice, pairwise
from pathlib import Path
from typing import Any

from include.errors import UserError
from include.warehouse.data_file import TOP, header_place, numbered_names
from include.warehouse.declared import Table

NOT_UTF8 = re.compile("[\udc80-\udcff]")  # how a byte that is no text is read to be found
BLOCK = 2**20  # bytes
BLANK_LINE = re.compile(rb"\n\r?\n|\r\r")
DELIMITERS = ",;\t"
BOMS = {
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}
SPREADSHEETS = "cp1252"  # what Western spreadsheets and shop systems write that write no UTF-8
# A byte that is found fast, and the rarer bytes that are asked for where it is there.
MARKS = {b"'": b"'", b"=": b"=", b"\xef": b"\xef\xbf\xbd", b"\x83": b"\xc3\x83\xc2"}
UTF8_LETTER = re.compile(rb"[\xc2-\xf4][\x80-\xbf]")
NO_CP1252 = re.compile(rb"[\x81\x8d\x8f\x90\x9d]")
# Letters that were lost or taken for others before: a replacement character, `Ã£` for `ã`.
NOT_ASCII = re.compile(r"[^\x00-\x7f]")
RUINED = re.compile("\ufffd|\u00c3[\u0080-\u00bf]")


def is_gzip(path: Path) -> bool:
    """Whether a file is a compressed one, by its name."""
    return path.name.lower().endswith(".gz")


def open_binary(path: Path) -> Any:
    """A file of bytes, decompressed."""
    return gzip.open(path) if is_gzip(path) else path.open("rb")


@dataclass(frozen=True)
class CsvText:
    """A CSV whose way of writing is known; its rows are read slowly, to say where something is."""

    path: Path
    encoding: str
    begins_at: int = 0
    """Bytes of a mark of the encoding."""
    marks: frozenset[bytes] = frozenset(MARKS.values())
    """What may be in it, of `MARKS`."""
    delimiter: str = ","
    header_row: int = 0
    names: list[str] = field(default_factory=list)
    rows_at: int = 0
    """Bytes before the row below the header."""

    def lines(self) -> io.TextIOWrapper:
        """The text; a byte that is none is a lone surrogate."""
        file = open_binary(self.path)
        file.seek(self.begins_at)
        return io.TextIOWrapper(file, self.encoding, errors="surrogateescape", newline="")

    def rows(self) -> Iterator[list[str]]:
        """The rows as a spreadsheet counts them, header, titles and blank lines too."""
        with self.lines() as text:
            yield from csv.reader(text, delimiter=self.delimiter)

    @cached_property
    def _blank(self) -> list[int]:
        """For each blank line below the header the place, from 0, of the next row that is none."""
        places: list[int] = []
        filled = 0
        if not self._may_have_blank_lines():
            return places
        for row in islice(self.rows(), self.header_row, None):
            if row:
                filled += 1
            else:
                places.append(filled)
        return places

    def _may_have_blank_lines(self) -> bool:
        """Whether a blank line stands outside quotes; to count the rows takes far longer."""
        if self.encoding.startswith("utf-16"):
            return True
        quotes, rest = 0, b""
        with open_binary(self.path) as file:
            while block := file.read(BLOCK):
                text, seen = rest + block, 0
                ends = (b"\n\n", b"\n\r\n", b"\r\r") if b"\r" in text else (b"\n\n",)
                if any(end in text for end in ends):
                    for found in BLANK_LINE.finditer(text):
                        quotes += text.count(b'"', seen, found.start())
                        seen = found.start()
                        if quotes % 2 == 0:
                            return True
                end = max(seen, len(text) - 2)  # it may go on in the next block
                quotes += text.count(b'"', seen, end)
                rest = text[end:]
        return False

    def row_number(self, place: int) -> int:
        """A spreadsheet's number of the row at a place among those that are not blank."""
        return self.header_row + 1 + place + bisect_right(self._blank, place)

    def last_row(self) -> int:
        """The number of the row in which the text ends, or a value has grown out of all measure."""
        number = 0
        with suppress(csv.Error):
            for number, row in enumerate(self.rows(), start=1):  # noqa: B007
                pass
            return number
        return number + 1

    def first(self, pattern: re.Pattern[str]) -> tuple[str, str, int] | None:
        """The first cell with a pattern: its text, its column and its row."""
        for number, row in enumerate(self.rows(), start=1):
            for position, cell in enumerate(row):
                if pattern.search(cell):
                    return cell, dict(enumerate(self.names)).get(position, ""), number
        return None

    def not_text(self) -> UserError:
        """The refusal of bytes that are no text in the file's encoding, with the first cell."""
        found, where = None, "the file"
        with suppress(csv.Error, UnicodeError):
            found = self.first(NOT_UTF8)
        if found:
            _, column, number = found
            where = f"column {column} in row {number:,}" if column else "its header row"
        called = "UTF-8" if self.encoding == "utf-8" else self.encoding
        return UserError(
            f"{self.path.name} is not {called} text: save it as UTF-8 (in Excel: “CSV UTF-8”, or as"
            f" .xlsx), or correct {where}."
        )


def csv_text(path: Path, table: Table) -> CsvText:
    """Find out how a CSV is written: its encoding, its delimiter, and where its header is.

    Raises UserError for one that is no text or has no header row; OSError, EOFError, zlib.error,
    UnicodeError and csv.Error for one that cannot be read.
    """
    text, is_text = _encoded(path, table.reader.encoding)
    with text.lines() as file:
        lines = list(io.StringIO(file.read(BLOCK), newline=""))
    delimiter = max(DELIMITERS, key=lambda one: _fit(lines, one, table))
    place = header_place(_first_rows(lines, delimiter), table)
    reader = csv.reader(lines, delimiter=delimiter)
    names = next(islice(reader, place, None), [])
    if not names:
        raise UserError(f"{path.name} has no header row: export it again with one.")
    if any(NOT_UTF8.search(name) for name in names):
        raise text.not_text()
    above = "".join(lines[: reader.line_num]).encode(text.encoding)
    text = replace(
        text,
        delimiter=delimiter,
        header_row=place + 1,
        names=table.landed(numbered_names(names)),
        rows_at=text.begins_at + len(above),
    )
    if not is_text:
        raise text.not_text()
    return text


def top_rows(path: Path) -> list[list[str]]:
    """The first rows of a CSV, by each delimiter that it may have; errors as of `csv_text`."""
    text, _ = _encoded(path, None)
    with text.lines() as file:
        lines = list(io.StringIO(file.read(BLOCK), newline=""))
    return [row for delimiter in DELIMITERS for row in _first_rows(lines, delimiter)]


def _first_rows(lines: list[str], delimiter: str) -> list[list[str]]:
    """Those at the top, up to one that grows out of all measure."""
    rows: list[list[str]] = []
    with suppress(csv.Error):
        rows.extend(islice(csv.reader(lines, delimiter=delimiter), TOP))
    return rows


def _fit(lines: list[str], delimiter: str, table: Table) -> tuple[int, int, int]:
    """How well a delimiter fits: declared columns, rows of one width, how often it is there."""
    rows = _first_rows(lines, delimiter)
    widths = [len(row) for row in rows if row]
    return (
        max(map(table.found_in, rows), default=0),
        sum(1 for width, next_ in pairwise(widths) if width == next_ > 1),
        lines[0].count(delimiter) if lines else 0,
    )


def _encoded(path: Path, declared: str | None) -> tuple[CsvText, bool]:
    """A file with its encoding: that of its mark, the one declared, or what its bytes can be.

    Beside it stands whether they can be one at all.
    """
    with open_binary(path) as file:
        head = file.read(3)
    for mark, encoding in BOMS.items():
        if head.startswith(mark) and encoding != "utf-8":
            return CsvText(path, encoding, len(mark)), True
    begins_at = len(codecs.BOM_UTF8) if head == codecs.BOM_UTF8 else 0
    is_utf8, is_ascii, marks = _looked_through(path)
    text = CsvText(path, "utf-8", begins_at, marks)
    other = declared and codecs.lookup(declared).name != "utf-8"
    if is_utf8 and not (other and is_ascii):  # as UTF-8 it would be by no accident
        return text, True
    if other:
        return CsvText(path, str(declared), begins_at), True
    if declared or not _may_be_cp1252(path):
        return text, False
    return replace(text, encoding=SPREADSHEETS), True


def _looked_through(path: Path) -> tuple[bool, bool, frozenset[bytes]]:
    """Whether a file is UTF-8, whether it is ASCII, and which of `MARKS` may be in it."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    marks: set[bytes] = set()
    is_utf8 = is_ascii = True
    with open_binary(path) as file:
        while block := file.read(BLOCK):
            marks |= {mark for byte, mark in MARKS.items() if byte in block and mark in block}
            is_ascii = is_ascii and block.isascii()
            if is_utf8 and not is_ascii:
                try:
                    decoder.decode(block)
                except UnicodeDecodeError:
                    is_utf8 = False
    return is_utf8 and not decoder.getstate()[0], is_ascii, frozenset(marks)


def _may_be_cp1252(path: Path) -> bool:
    """Whether a file that is no UTF-8 may be cp1252: without a byte that has no letter there, and
    without letters of UTF-8, beside which the others are damage."""
    with open_binary(path) as file:
        while block := file.read(BLOCK):
            if UTF8_LETTER.search(block) or NO_CP1252.search(block):
                return False
    return True
