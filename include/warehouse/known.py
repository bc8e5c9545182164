"""Whose export a file is: told by its headers, as people rename files."""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple, TypeVar

from include.errors import UserError
from include.warehouse.data_file import numbered_names
from include.warehouse.declared import Reader, Table, known_tables
from include.warehouse.files import data_files, open_file, top_rows

Name = TypeVar("Name")


class Fit(NamedTuple):
    """How well a file fits a table."""

    found: int
    """How many of the table's columns it has."""
    missing: list[str]
    """Those that it must have and has not."""


def known_table(path: Path, tables: Mapping[Name, Table]) -> Name | None:
    """The table that a file is an export for: the one of which it has the most columns, or none."""
    return next(iter(_best(path, tables)), None)


def _best(path: Path, tables: Mapping[Name, Table]) -> list[Name]:
    """The tables of which a file has the most columns, more than one where they are alike.

    Of a file that cannot be read this is not known: it is a UserError that says why.
    """
    fits = {name: fit.found for name, fit in _fits(path, tables).items() if not fit.missing}
    most = max(fits.values(), default=0)
    return [name for name, found in fits.items() if found == most]


def lacking(path: Path, table: Table) -> str:
    """What a file lacks to be one that a table is made of."""
    [fit] = _fits(path, {table.file: table}).values()
    return _lacking(path, table, fit)


def _lacking(path: Path, table: Table, fit: Fit) -> str:
    called = [" or ".join(map(repr, table.headers(column))) for column in fit.missing[:3]]
    return f"{path.name} lacks {', '.join(called)} of {table.reader.known_as}"


def _nearly(paths: list[Path], tables: Mapping[Name, Table]) -> str:
    """What to tell of a file with nearly all columns of a known one; else nothing."""
    for path in paths:
        for name, fit in _fits(path, tables).items():
            if len(fit.missing) * 3 <= len(tables[name].needed):
                return f" ({_lacking(path, tables[name], fit)}; export it with all of its columns)"
    return ""


def refusal(path: Path, reader: Reader) -> UserError:
    """The refusal of a file that is known, and of no use."""
    return UserError(f"{path.name} is {reader.known_as}: {reader.refused}")


def known_source(folder: Path, dbt_project: Path) -> tuple[str, dict[str, list[Path]]]:
    """The source whose exports lie in a folder, and what people call these, with their files.

    Raises UserError where there is none, or more than one.
    """
    sources = known_tables(dbt_project)
    every = {
        (source, name): table
        for source, tables in sources.items()
        for name, table in tables.items()
    }
    found: dict[str, dict[str, list[Path]]] = {}
    paths = data_files(folder)
    of_no_use: list[UserError] = []
    for path in paths:
        of_source = {source: (source, name) for source, name in reversed(_best(path, every))}
        for source, known in of_source.items():
            reader = every[known].reader
            if reader.refused:
                of_no_use.append(refusal(path, reader))
            else:
                found.setdefault(source, {}).setdefault(str(reader.known_as), []).append(path)
    if not found and of_no_use:
        raise of_no_use[0]
    if not found:
        names = ", ".join(path.name for path in paths[:5])
        raise UserError(
            f"The headers of {names} are of no shop system that is known{_nearly(paths, every)}:"
            " say SOURCE=name where there are models of this shop, or have them written by"
            f" `uv run python scripts/new_shop.py --data {folder}`."
        )
    if len(found) > 1:
        raise UserError(
            f"{folder} holds exports of {' and of '.join(sorted(found))}: give each a folder of its"
            f" own, or say which one is meant, as SOURCE={min(found)}."
        )
    return found.popitem()


def _fits(path: Path, tables: Mapping[Name, Table]) -> dict[Name, Fit]:
    rows = [numbered_names(row) for row in top_rows(path)]
    if not any(map(any, rows)):
        open_file(path)
    return {
        name: max((_fit(row, table) for row in rows), key=_found, default=Fit(0, table.needed))
        for name, table in tables.items()
    }


def _found(fit: Fit) -> int:
    return fit.found


def _fit(row: list[str], table: Table) -> Fit:
    there = {*table.landed(row)} & {*table.types}
    return Fit(len(there), [column for column in table.needed if column not in there])
