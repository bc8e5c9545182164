"""What dbt declares of a source's tables: their columns, and how their files are written.

It is declared once, in `models/staging/<source>/_<source>__sources.yml`.
"""

import codecs
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from include.errors import UserError
from include.schemas import schema_prefix
from include.settings import DEMO_SHOP, SALES_FORM

ROW, FILE = "_row", "_file"
PSEUDONYMS = ("digits", "text")


@dataclass(frozen=True)
class Reader:
    """How files are written, where that is not as `landing` has it: `config: meta: reader:`."""

    encoding: str | None = None
    """That of a CSV which is no UTF-8."""
    decimal: str | None = None
    """The decimal mark."""
    thousands: str | None = None
    """The mark between thousands; with a decimal mark, the other one of comma and point."""
    currency: tuple[str, ...] = ()
    """Signs that may stand before or behind a number."""
    day_first: bool | None = None
    """Whether 05/11 is in November; then dates with the name of a month are read as well."""
    serial_dates: bool = False
    """Whether a number in a column of dates is a spreadsheet's, which counts days."""
    sheet: str | None = None
    """The sheet of a workbook, or a pattern of several that are one table; else the first."""
    files: str | None = None
    """A pattern of names: the files of one kind, which are one table together."""
    newest_per: str | None = None
    """The column of what is taken from one of them only, the newest: the order."""
    dated_by: str | None = None
    """The column of its day, which no later export changes: another day is of another shop."""
    known_as: str | None = None
    """What people call such files, which are known by their headers: “Nuvemshop's sales”."""
    optional: bool = False
    """Whether a shop may have no such file; then the table is empty."""
    refused: str | None = None
    """Why such a file is of no use and what to do instead, to go on with after a colon."""

    @property
    def decimal_mark(self) -> str:
        """The decimal mark that holds."""
        return self.decimal or "."

    @property
    def thousands_mark(self) -> str:
        """The mark between thousands that holds; may be empty."""
        return self.thousands or {",": ".", ".": ","}.get(self.decimal or "", "")


@dataclass(frozen=True)
class ColumnMeta:
    """How files call a column, and what is stored of it: `config: meta:` of a column."""

    headers: tuple[str, ...] = ()
    """Its names in files, or its places in an API's answer, such as `billing.city`, the likeliest
    first; that of the column where it is the only one."""
    optional: bool = False
    """Whether a file may lack it; then it is NULL."""
    pseudonym: str | None = None
    """Of what a keyed hash is stored in place of the value: of its `digits`, or of the `text`."""
    fields: tuple[str, ...] = ()
    """Of a list of an API, what is stored of each."""


@dataclass(frozen=True)
class Table:
    """What is declared of a table; nothing of one that no model reads."""

    types: dict[str, str] = field(default_factory=dict)
    """Column → data type."""
    reader: Reader = Reader()
    file: str = ""
    """Name of the file that declares it."""
    meta: dict[str, ColumnMeta] = field(default_factory=dict)
    """Column → what else is declared of it, where something is."""

    def landed(self, names: Sequence[str]) -> list[str]:
        """What `landing` calls the columns of a file.

        Of a column's headers the first that is there counts. Where two columns have the same
        headers, the file's is the first of them, and `original` tells it for the other.
        """
        of_plain = {_plain(name): name for name in reversed(names)}
        called = {}
        for column, one in self.meta.items():
            if one.headers and not self.original(column):
                there = [
                    of_plain[header] for header in map(_plain, one.headers) if header in of_plain
                ]
                called.update(dict.fromkeys(there[:1], column))
        return [called.get(name, name) for name in names]

    def meta_of(self, column: str) -> ColumnMeta:
        """What is declared of a column beside its type."""
        return self.meta.get(column, ColumnMeta())

    def headers(self, column: str) -> tuple[str, ...]:
        """What files may call a column."""
        return self.meta_of(column).headers or (column,)

    def called(self, column: str) -> str:
        """A column as people are told of it: with its name in files, where that is another."""
        headers = [repr(one) for one in self.meta_of(column).headers if one != column]
        return f"{column} ({' or '.join(headers[:3])})" if headers else column

    def original(self, column: str) -> str | None:
        """The column before one that has the same headers, and so the same values."""
        headers = self.meta_of(column).headers
        first = next((one for one, its in self.meta.items() if its.headers == headers), column)
        return first if headers and first != column else None

    def kept(self, names: list[str]) -> list[str]:
        """The columns of a file that are stored: of one that is known, only those declared."""
        return [name for name in names if name in self.types] if self.reader.known_as else names

    def found_in(self, row: Iterable[Any]) -> int:
        """How many of the columns have their names among the cells of a row."""
        texts = [cell for cell in row if isinstance(cell, str)]
        return len({*self.types} & {*self.landed(texts)})

    @property
    def needed(self) -> list[str]:
        """The columns that every file must have."""
        return [
            column
            for column in self.types
            if column != ROW and not self.meta_of(column).optional and not self.original(column)
        ]


def _plain(header: str) -> str:
    """A header without what programs and people change about it: case, blanks, kinds of accents."""
    return " ".join(unicodedata.normalize("NFC", header).split()).casefold()


Declared = dict[str, Table]
"""Tables by name."""


def declared_tables(source: str, dbt_project: Path) -> Declared:
    """Tables and typed columns that a source declares in dbt."""
    if source == DEMO_SHOP:
        seeds = yaml.safe_load((dbt_project / "seeds" / f"_{source}__seeds.yml").read_text())
        return {seed["name"]: Table(seed["config"]["column_types"]) for seed in seeds["seeds"]}
    staging = dbt_project / "models" / "staging"
    known = {path.parent.name: path for path in staging.glob("*/_*__sources.yml")}
    path = staging / source / f"_{source}__sources.yml"
    if known.get(source) != path:
        listed = ", ".join(sorted(known.keys() - {SALES_FORM})) or "none yet"
        raise UserError(
            f"There is no source {source!r} (known: {listed}): docs/your-shop.md shows how to add"
            " one."
        )
    try:
        entries = yaml.safe_load(path.read_text())["sources"]
        tables = {
            table["name"]: Table(
                types={
                    column["name"]: str(column.get("data_type") or "text")
                    for column in table.get("columns") or []
                },
                meta={
                    column["name"]: _column_meta(path.name, column["name"], meta)
                    for column in table.get("columns") or []
                    if (meta := _meta(column))
                },
                reader=_reader(path.name, _of_reader(entry) | _of_reader(table)),
                file=path.name,
            )
            for entry in entries
            for table in entry.get("tables") or []
        }
        has_prefix = all("SCHEMA_PREFIX" in str(entry.get("schema")) for entry in entries)
    except (yaml.YAMLError, KeyError, TypeError, AttributeError) as error:
        raise UserError(
            f"{path} does not declare sources as dbt expects it: compare it with another source's."
        ) from error
    for name, table in tables.items():
        for key in ("newest_per", "dated_by"):
            column = getattr(table.reader, key)
            if column and column not in table.types:
                raise UserError(
                    f"{path.name} declares {key}: {column!r}, which is no column of {name}:"
                    " correct it, or declare the column."
                )
    if schema_prefix() and not has_prefix:
        raise UserError(
            f"{path} names a schema without SCHEMA_PREFIX, so that dbt would read another shop's"
            """ tables: write schema: "{{ env_var('SCHEMA_PREFIX', '') }}landing" there."""
        )
    return tables


def known_tables(dbt_project: Path) -> dict[str, Declared]:
    """The tables whose files are known by their headers, by source."""
    staging = dbt_project / "models" / "staging"
    sources = sorted(path.parent.name for path in staging.glob("*/_*__sources.yml"))
    known = {
        source: {
            name: table
            for name, table in declared_tables(source, dbt_project).items()
            if table.reader.known_as
        }
        for source in sources
    }
    return {source: tables for source, tables in known.items() if tables}


def _meta(entry: dict[str, Any]) -> dict[str, Any]:
    """The `meta` of a source, a table or a column, which dbt takes in two places."""
    return {**(entry.get("meta") or {}), **((entry.get("config") or {}).get("meta") or {})}


def _of_reader(entry: dict[str, Any]) -> dict[str, Any]:
    return dict(_meta(entry).get("reader", {}))


def _column_meta(file: str, name: str, meta: dict[str, Any]) -> ColumnMeta:
    """Raises UserError with what a key takes; keys that are not ours are others'."""
    for key in ("headers", "fields"):
        texts = meta.get(key, [])
        if not isinstance(texts, list) or not all(isinstance(one, str) for one in texts):
            raise UserError(f"{file} declares {key} of {name}: write a list of texts.")
    found = ColumnMeta(
        tuple(meta.get("headers", ())),
        meta.get("optional", False),
        meta.get("pseudonym"),
        tuple(meta.get("fields", ())),
    )
    if found.pseudonym not in (None, *PSEUDONYMS):
        raise UserError(
            f"{file} declares pseudonym: {found.pseudonym!r} of {name}: write"
            f" {' or '.join(PSEUDONYMS)}."
        )
    return found


def _reader(file: str, given: dict[str, Any]) -> Reader:
    """Raises UserError with what a key takes."""
    for key, value in given.items():
        if key not in KEYS:
            raise UserError(
                f"{file} declares a reader with {key!r}, which there is not: write one of"
                f" {', '.join(KEYS)}."
            )
        is_right, takes = KEYS[key]
        if not is_right(value):
            raise UserError(f"{file} declares a reader with {key}: {value!r}: write {takes}.")
    currency = given.get("currency", ())
    reader = Reader(
        **{**given, "currency": (currency,) if isinstance(currency, str) else tuple(currency)}
    )
    if reader.thousands == reader.decimal_mark:
        raise UserError(
            f"{file} declares a reader with the same mark for decimals and thousands: write two."
        )
    if (reader.currency or reader.thousands) and not reader.decimal:
        raise UserError(
            f"{file} declares a reader without its decimal mark: write decimal beside currency and"
            " thousands, as 1.500 may be a thousand and more."
        )
    if reader.newest_per and not (reader.files or reader.known_as or reader.sheet):
        raise UserError(
            f"{file} declares a reader with newest_per, and not of which files: write files, too."
        )
    if reader.files and not reader.newest_per:
        raise UserError(
            f"{file} declares a reader with files, and not newest_per: write both, as an order that"
            " is in several files is taken from the newest."
        )
    return reader


def _is_encoding(value: Any) -> bool:
    try:
        return bool(codecs.lookup(value))
    except (LookupError, TypeError):
        return False


def _are_signs(value: Any) -> bool:
    signs = [value] if isinstance(value, str) else value
    return isinstance(signs, list) and all(isinstance(one, str) and one.strip() for one in signs)


KEYS: dict[str, tuple[Callable[[Any], bool], str]] = {
    "encoding": (_is_encoding, "one that Python knows, such as cp1252"),
    "decimal": (lambda value: value in (",", "."), '"," or "."'),
    "thousands": (lambda value: value in (",", ".", " ", "'"), '",", ".", " " or an apostrophe'),
    "currency": (_are_signs, 'a sign, such as "R$", or a list of them'),
    "day_first": (lambda value: isinstance(value, bool), "true or false"),
    "serial_dates": (lambda value: isinstance(value, bool), "true or false"),
    "sheet": (lambda value: isinstance(value, str), 'a name, or a pattern such as "Year *"'),
    "files": (lambda value: isinstance(value, str), 'a pattern of names, such as "orders_export*"'),
    "newest_per": (lambda value: isinstance(value, str), "the column that names the order"),
    "dated_by": (lambda value: isinstance(value, str), "the column with the order's day"),
    "known_as": (lambda value: isinstance(value, str), "what people call such files"),
    "optional": (lambda value: isinstance(value, bool), "true or false"),
    "refused": (lambda value: isinstance(value, str), "why it is of no use, and what to do"),
}
"""What a reader may say: whether a value is one, and what it takes."""
