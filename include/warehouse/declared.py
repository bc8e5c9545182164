"""What dbt declares of a source's tables: their columns, and how their files are written.

It is declared once, in `models/staging/<source>/_<source>__sources.yml`.
"""

import codecs
from dataclasses import dataclass, field, fields
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

    def __post_init__(self) -> None:
        """Raises ValueError with what a key takes."""
        try:
            codecs.lookup(self.encoding or "utf-8")
        except (LookupError, TypeError):
            raise ValueError("encoding: one that Python knows, such as cp1252") from None


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
                reader=_reader(path.name, {**_meta(entry), **_meta(table)}),
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
    known = [one.name for one in fields(Reader)]
    if unknown := given.keys() - known:
        raise UserError(
            f"{file} declares a reader with {min(unknown)!r}, which there is not: write one of"
            f" {', '.join(known)}."
        )
    try:
        return Reader(**given)
    except ValueError as error:
        raise UserError(f"{file} declares a reader that cannot be: write {error}.") from None
