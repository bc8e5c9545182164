"""Loading a real shop's files into the schema `landing`: one table a file, all files or none.

Files of one kind, which a source declares by a pattern or knows by their headers, are one table
together. What a source must bring is declared once, in dbt:
`models/staging/<source>/_<source>__sources.yml`. Files that are not declared there are loaded too:
a new shop lands first, its models come later. Of the exports of a shop system that is known nothing
lands but what its models read.
The demo shop's tables are dbt's seeds; a large demo shop is loaded in their place, from Parquet.
Content is judged only as far as loading it would be pointless; single bad rows are dbt's to set
aside.
"""

import time
from collections.abc import Callable
from fnmatch import fnmatchcase
from itertools import chain
from pathlib import Path
from typing import Any

from adbc_driver_postgresql import dbapi

from include.errors import UserError
from include.schemas import schema
from include.settings import DEMO_SHOP
from include.warehouse.connection import Warehouse
from include.warehouse.copying import (
    columns_of,
    copy,
    execute,
    in_landing,
    query,
    quoted,
    transaction,
)
from include.warehouse.data_file import LONGEST_NAME, DataFile
from include.warehouse.declared import FILE, ROW, Declared, Reader, Table, declared_tables
from include.warehouse.files import (
    SUFFIXES,
    data_files,
    open_file,
    other_files,
    remedies,
    snake_case,
)
from include.warehouse.known import known_table, lacking, refusal
from include.warehouse.readable import as_declared
from include.warehouse.several_files import join, newest_first
from include.warehouse.watched import Watched, check_formulas

NOTE = "note: "
"""Begins a line that people should read, in the log of a run too."""


def load_files(
    warehouse: Warehouse,
    source: str,
    folder: Path,
    dbt_project: Path,
    say: Callable[[str], None] = print,
    *,
    may_shrink: bool = False,
) -> dict[str, int]:
    """Load every data file of a folder; return the rows of each table in `landing`.

    One transaction: readers see the tables as they were until all are new, and any UserError
    leaves them as they were. `say` gets a line a file, and what people should know of it: values
    that cannot be read, files that nothing reads. A file with half of the rows of its table, or
    fewer, is a UserError, unless it `may_shrink`.
    """
    declared = declared_tables(source, dbt_project)
    known = {name: table for name, table in declared.items() if table.reader.known_as}
    paths, unread = _known(folder, known) if known else (_named(source, folder, declared), [])
    if source == DEMO_SHOP and any(path.suffix != ".parquet" for path in chain(*paths.values())):
        raise UserError(
            f"The demo shop is loaded from Parquet only, for its types: empty {folder} and write it"
            " anew with `scripts/generate_seeds.py --format parquet`."
        )
    rows: dict[str, int] = {}
    others = other_files(folder)
    undeclared = [table for table in paths if declared and table not in declared]
    with transaction(warehouse) as connection:
        for number, (table, files) in enumerate(paths.items()):
            new = f"_loading_{number}"
            one = declared.get(table, Table())
            rows[table], told = _load_table(connection, new, table, one, files, say)
            if not may_shrink and source != DEMO_SHOP:
                name = one.reader.known_as or one.reader.files or files[0].name
                check_shrunk(name, rows[table], _rows_of(connection, table))
            for line in told:
                say(NOTE + line)
        for number, table in enumerate(paths):
            _replace(connection, table, f"_loading_{number}")
        for table in declared.keys() - paths.keys():  # which its API fills, where there is one
            if not declared[table].reader.refused:
                execute(connection, _make(table, declared[table], "if not exists"))
        unread += [path.name for table in undeclared for path in paths[table]]
        for file in unread:
            say(f"{NOTE}No model reads {file}, which the source {source} does not declare.")
        _note_unread(connection, source, unread + others)
    if others:
        listed = f"{', '.join(others)}{remedies(others)}"
        say(f"{NOTE}Only {', '.join(SUFFIXES)} are read, and not {listed}.")
    return rows


def check_shrunk(name: str, rows: int, before: int) -> None:
    """Refuse a file with half of last time's rows: it may be a part of an export."""
    if before and rows * 2 <= before:
        raise UserError(
            f"{name} has {rows:,} rows where the last load had {before:,}, and the table stays as"
            " it was: export it again, or, where it is whole, load it once with"
            " SHOP_DATA_MAY_SHRINK=true in the environment or in .env."
        )


def _known(folder: Path, declared: Declared) -> tuple[dict[str, list[Path]], list[str]]:
    """Which files become which table, told by their headers; and the names of those of none."""
    found = data_files(folder)
    paths: dict[str, list[Path]] = {
        table: [] for table, one in declared.items() if not one.reader.refused
    }
    unread, of_no_use = list[str](), list[UserError]()
    for path in found:
        table = known_table(path, declared)
        if table not in paths:
            unread.append(path.name)
            if table:
                of_no_use.append(refusal(path, declared[table].reader))
        elif paths[table] and not declared[table].reader.newest_per:
            raise _both(paths[table][0], path, table)
        else:
            paths[table].append(path)
    for table in paths:
        one = declared[table]
        if not paths[table] and not one.reader.optional:
            if of_no_use:
                raise of_no_use[0]
            why = "; ".join(lacking(path, one) for path in found[:3])
            raise UserError(
                f"{folder} has no file of {one.reader.known_as}: {why}. Export it again, with all"
                " of its columns."
            )
    return paths, unread


def _named(source: str, folder: Path, declared: Declared) -> dict[str, list[Path]]:
    """Which files become which table, told by their names."""
    found = data_files(folder)
    if len(found) == len(declared) == 1:
        return {next(iter(declared)): found}  # people's downloads are called data.csv
    paths: dict[str, list[Path]] = {}
    for path in found:
        table = _table_of(path, source, declared)
        if table in paths and not (table in declared and declared[table].reader.files):
            raise _both(paths[table][0], path, table)
        if len(table) > LONGEST_NAME:
            raise UserError(f"The table name {table} of {path.name} is too long: shorten it.")
        paths.setdefault(table, []).append(path)
    for table, one in declared.items():
        if table not in paths:
            name = one.reader.files or table.removeprefix(f"{source}__")
            raise UserError(
                f"{folder} has no file {name} ({', '.join(SUFFIXES)}) for the table {table} that"
                f" the source {source} needs: found {', '.join(path.name for path in found)}."
            )
    return paths


def _both(one: Path, other: Path, table: str) -> UserError:
    return UserError(
        f"{one.name} and {other.name} would both become {schema('landing')}.{table}: remove or"
        " rename one."
    )


def _table_of(path: Path, source: str, declared: Declared) -> str:
    """The table whose files have such names, else one of the file's own."""
    kinds = [
        table
        for table, one in declared.items()
        if one.reader.files and fnmatchcase(path.name.lower(), one.reader.files.lower())
    ]
    if len(kinds) > 1:
        raise UserError(
            f"{path.name} fits the files of {' and of '.join(kinds)}: make their patterns in"
            f" {declared[kinds[0]].file} tell them apart."
        )
    name = snake_case(path)
    return kinds[0] if kinds else name if name in declared else f"{source}__{name}"


# --- the files of a table


def _load_table(
    connection: dbapi.Connection,
    new: str,
    table: str,
    declared: Table,
    files: list[Path],
    say: Callable[[str], None],
) -> tuple[int, list[str]]:
    """Load a table's files into a new one; return its rows, and what to tell."""
    reader, rows = declared.reader, 0
    key = reader.newest_per if reader.files or reader.known_as else None
    told: list[str] = []
    parts: dict[str, str] = {}
    if not files:  # of a kind that a shop may have none of
        execute(connection, _make(new, Table(dict.fromkeys(declared.types, "text"))))
    for path in newest_first(files):
        began = time.monotonic()
        part = f"{new}_{len(parts)}" if key else new
        parts[part] = path.name
        rows, notes = _load(connection, part, open_file(path, declared))
        told += notes
        say(
            f"{path.name} → {schema('landing')}.{table}: {rows:,} rows"
            f" in {time.monotonic() - began:.1f} s"
        )
    if key and files:
        told += join(connection, new, parts, key, reader.dated_by)
        _analyze(connection, new)
        rows = _rows_of(connection, new)
        if declared.reader.known_as:
            told.insert(0, _counted(connection, new, declared.reader, len(files)))
    return rows, told


def _make(table: str, declared: Table, unless: str = "") -> str:
    """The statement that makes an empty table."""
    columns = ", ".join(f"{quoted(name)} {type_}" for name, type_ in declared.types.items())
    return f"create table {unless} {in_landing(table)} ({columns})"


def _counted(connection: dbapi.Connection, new: str, reader: Reader, files: int) -> str:
    """What was found of a kind: “Nuvemshop's sales: 1,204 in 2 files.”"""
    key = quoted(str(reader.newest_per))
    keys = f"select count(distinct {key}) as keys from {in_landing(new)}"  # noqa: S608
    [row] = query(connection, keys)
    return f"{reader.known_as}: {row['keys']:,} in {files} file{'s' if files > 1 else ''}."


def _load(connection: dbapi.Connection, new: str, file: DataFile) -> tuple[int, list[str]]:
    """Load a file into a new table of `landing` and check it; return its rows, and what to tell."""
    name, types = file.path.name, dict(file.table.types)
    if file.table.reader.newest_per:
        types.pop(FILE, None)  # comes with the other files
    for column in types:
        if column not in file.schema.names:
            called = " or ".join(map(repr, file.table.headers(column)))
            found = [one for one in file.schema.names if one != ROW]
            raise UserError(
                f"{name} has no column {called}: add or rename it; found {', '.join(found)}."
            )
    if not file.table.file:  # of the demo shop's seeds: its types are right, and its rows many
        types = {}
    told = check_formulas(file, types)
    watched = Watched(as_declared(file, types), types)
    rows = copy(connection, new, watched.file)
    if rows == 0:
        raise UserError(f"{name} holds no rows: export it again, with its data, or remove it.")
    _analyze(connection, new)
    return rows, file.told + told + watched.told()


def _analyze(connection: dbapi.Connection, table: str) -> None:
    """Gather a new table's statistics, from as many rows as those of a model (`analyze.sql`)."""
    execute(connection, "set local default_statistics_target = 30")
    execute(connection, f"analyze {in_landing(table)}")


def _note_unread(connection: dbapi.Connection, source: str, files: list[str]) -> None:
    table = f"{schema('ops')}.unread_files"
    execute(connection, f"delete from {table} where source_name = $1", source)  # noqa: S608
    for file in files:
        execute(connection, f"insert into {table} values ($1, $2)", source, file)  # noqa: S608


def _rows_of(connection: dbapi.Connection, table: str) -> int:
    """The rows of a table of `landing`; none where it is not there."""
    if not columns_of(connection, table):
        return 0
    [row] = query(connection, f"select count(*) as rows from {in_landing(table)}")  # noqa: S608
    return int(row["rows"])


def _replace(connection: dbapi.Connection, table: str, new: str) -> None:
    """Put the new table in the old one's place.

    Views on the old table (staging's) go on as views on the new one. Where the columns or their
    types have changed they are dropped with it: they are made for other columns, and the next
    `dbt build` makes them anew.
    """
    old = in_landing(table)
    if columns_of(connection, table) == columns_of(connection, new):
        # Locked in the order in which a reader of the view does it: first the view.
        for view in _views(connection, table):
            execute(connection, f"lock table {view['name']} in access exclusive mode")
        views = _views(connection, table)
        execute(connection, f"alter table {old} rename to _outgoing")
        execute(connection, f"alter table {in_landing(new)} rename to {quoted(table)}")
        for view in views:
            execute(connection, view["statement"])
        execute(connection, f"drop table {in_landing('_outgoing')}")
    else:
        execute(connection, f"drop table if exists {old} cascade")
        execute(connection, f"alter table {in_landing(new)} rename to {quoted(table)}")


def _views(connection: dbapi.Connection, table: str) -> list[dict[str, Any]]:
    """The views that read a table directly, each with the statement that makes it."""
    sql = """
        select
            format('%I.%I', nspname, relname) as name,
            format(
                'create or replace view %I.%I %s as %s', nspname, relname,
                'with (' || array_to_string(reloptions, ', ') || ')', pg_get_viewdef(pg_class.oid)
            ) as statement
        from pg_class
        join pg_namespace on pg_namespace.oid = relnamespace
        where relkind = 'v' and pg_class.oid in (
            select ev_class
            from pg_depend
            join pg_rewrite on pg_rewrite.oid = objid
            where classid = 'pg_rewrite'::regclass
                and refclassid = 'pg_class'::regclass
                and refobjid = to_regclass($1)
        )
        order by 1
    """
    return query(connection, sql, in_landing(table))
