"""What dbt declares of a source's tables: their columns, and how their files are written.

It is declared once, in `models/staging/<source>/_<source>__sources.yml`.
"""

import codecs
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from include.errors import UserError
from include.schemas import schema_prefix
from include.settings import DEMO_SHOP


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
    files: str | None = None
    """A pattern of names: the files of one kind, which are one table together."""
    newest_per: str | None = None
    """The column of what is taken from one of them only, the newest: the order."""

    @property
    def decimal_mark(self) -> str:
        """The decimal mark that holds."""
        return self.decimal or "."

    @property
    def thousands_mark(self) -> str:
        """The mark between thousands that holds; may be empty."""
        return self.thousands or {",": ".", ".": ","}.get(self.decimal or "", "")


@dataclass(frozen=True)
class Table:
    """What is declared of a table; nothing of one that no model reads."""

    types: dict[str, str] = field(default_factory=dict)
    """Column → data type."""
    reader: Reader = Reader()
    file: str = ""
    """Name of the file that declares it."""


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
        listed = ", ".join(sorted(known)) or "none yet"
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
                reader=_reader(path.name, _meta(entry) | _meta(table)),
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
        if (key := table.reader.newest_per) and key not in table.types:
            raise UserError(
                f"{path.name} declares newest_per: {key!r}, which is no column of {name}: correct"
                " it, or declare the column."
            )
    if schema_prefix() and not has_prefix:
        raise UserError(
            f"{path} names a schema without SCHEMA_PREFIX, so that dbt would read another shop's"
            """ tables: write schema: "{{ env_var('SCHEMA_PREFIX', '') }}landing" there."""
        )
    return tables


def _meta(entry: dict[str, Any]) -> dict[str, Any]:
    """The reader of a source or a table; dbt takes `meta` in two places."""
    within = (entry.get("config") or {}).get("meta") or {}
    return {**(entry.get("meta") or {}).get("reader", {}), **within.get("reader", {})}


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
    if bool(reader.files) != bool(reader.newest_per):
        raise UserError(
            f"{file} declares a reader with only one of files and newest_per: write both, as an"
            " order that is in several files is taken from the newest."
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
    "files": (lambda value: isinstance(value, str), 'a pattern of names, such as "orders_export*"'),
    "newest_per": (lambda value: isinstance(value, str), "the column that names the order"),
}
"""What a reader may say: whether a value is one, and what it takes."""
