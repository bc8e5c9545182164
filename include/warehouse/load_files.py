"""Loading a real shop's files into the schema `landing`: one table a file, all files or none.

What a source must bring is declared once, in dbt: `models/staging/<source>/_<source>__sources.yml`.
Files that are not declared there are loaded too: a new shop lands first, its models come later.
The demo shop's tables are dbt's seeds; a large demo shop is loaded in their place, from Parquet.
Content is judged only as far as loading it would be pointless; single bad rows are dbt's to set
aside.
"""

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import adbc_driver_manager as adbc
import adbc_driver_postgresql
import pyarrow as pa
import yaml

from include.errors import TryAgainError, UserError
from include.settings import DEMO_SHOP
from include.warehouse.connection import connect
from include.warehouse.files import (
    LONGEST_NAME,
    SUFFIXES,
    DataFile,
    data_files,
    open_file,
    snake_case,
)

Declared = dict[str, dict[str, str]]
"""Table → column → data type, as a source's yml has them."""

# What a declared type must look like in text, and what to do where nothing does. Postgres would
# also read 05/11/2026 as a date, but which day that is depends on who wrote it.
BEGINS_WITH_ISO_DATE = r"^\s*\d{4}-\d{2}-\d{2}"
READABLE = {
    "date": ("date", BEGINS_WITH_ISO_DATE, "write dates as YYYY-MM-DD"),
    "timestamp": ("date", BEGINS_WITH_ISO_DATE, "write dates as YYYY-MM-DD"),
    "numeric": ("number", "", "write numbers like 1234.56"),
    "integer": ("whole number", "", "write whole numbers like 1234"),
}

PATIENCE = 60  # seconds to wait for those who read the old tables in a transaction of theirs


def load_files(
    url: str,
    source: str,
    folder: Path,
    dbt_project: Path,
    say: Callable[[str], None] = print,
) -> dict[str, int]:
    """Load every data file of a folder; return the rows of each table in `landing`.

    One transaction: readers see the tables as they were until all are new, and any UserError
    leaves them as they were. `say` gets a line a file.
    """
    declared = declared_tables(source, dbt_project)
    paths = _match(source, folder, declared)
    if source == DEMO_SHOP and any(path.suffix != ".parquet" for path in paths.values()):
        raise UserError(
            f"The demo shop is loaded from Parquet only, for its types: empty {folder} and write it"
            " anew with `scripts/generate_seeds.py --format parquet`."
        )
    connect(url).close()  # says in one sentence why it cannot
    rows: dict[str, int] = {}
    with _transaction(url) as connection:
        # One load at a time: a second one waits here until the first is done.
        _execute(connection, "select pg_advisory_xact_lock(hashtext('load_files'))")
        _execute(connection, f"set local lock_timeout = '{PATIENCE}s'")
        if not _query(connection, "select 1 from pg_namespace where nspname = 'landing'"):
            _execute(connection, "create schema landing")
        for number, (table, path) in enumerate(paths.items()):
            began = time.monotonic()
            new = f"_loading_{number}"
            rows[table] = _load(connection, new, open_file(path), declared.get(table, {}))
            say(
                f"{path.name} → landing.{table}: {rows[table]:,} rows"
                f" in {time.monotonic() - began:.1f} s"
            )
        for number, table in enumerate(paths):
            _replace(connection, table, f"_loading_{number}")
    return rows


def declared_tables(source: str, dbt_project: Path) -> Declared:
    """Tables and typed columns that a source declares in dbt."""
    if source == DEMO_SHOP:
        seeds = yaml.safe_load((dbt_project / "seeds" / f"_{source}__seeds.yml").read_text())
        return {seed["name"]: seed["config"]["column_types"] for seed in seeds["seeds"]}
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
        return {
            table["name"]: {
                column["name"]: str(column.get("data_type") or "text")
                for column in table.get("columns") or []
            }
            for entry in yaml.safe_load(path.read_text())["sources"]
            for table in entry.get("tables") or []
        }
    except (yaml.YAMLError, KeyError, TypeError, AttributeError) as error:
        raise UserError(
            f"{path} does not declare sources as dbt expects it: compare it with another source's."
        ) from error


def _match(source: str, folder: Path, declared: Declared) -> dict[str, Path]:
    """Which file becomes which table."""
    found = data_files(folder)
    if len(found) == len(declared) == 1:
        return {next(iter(declared)): found[0]}  # people's downloads are called data.csv
    paths: dict[str, Path] = {}
    for path in found:
        name = snake_case(path)
        table = name if name in declared else f"{source}__{name}"
        if table in paths:
            raise UserError(
                f"{paths[table].name} and {path.name} would both become landing.{table}: remove or"
                " rename one."
            )
        if len(table) > LONGEST_NAME:
            raise UserError(f"The table name {table} of {path.name} is too long: shorten it.")
        paths[table] = path
    for table in declared:
        if table not in paths:
            name = table.removeprefix(f"{source}__")
            raise UserError(
                f"{folder} has no file {name} ({', '.join(SUFFIXES)}) for the table {table} that"
                f" the source {source} needs: found {', '.join(path.name for path in found)}."
            )
    return paths


# --- one file


def _load(connection: adbc.AdbcConnection, new: str, file: DataFile, types: dict[str, str]) -> int:
    """Load a file into a new table of `landing` and check it; return its rows."""
    name = file.path.name
    for column in types:
        if column not in file.schema.names:
            raise UserError(
                f"{name} has no column {column!r}: add or rename it; found"
                f" {', '.join(file.schema.names)}."
            )
    rows = _copy(connection, new, file)
    if rows == 0:
        raise UserError(f"{name} holds no rows: export it again, with its data.")
    for column, data_type in types.items():
        if pa.types.is_string(file.schema.field(column).type):
            _check_readable(connection, new, name, column, data_type)
    _execute(connection, f"analyze {_landing(new)}")
    return rows


def _copy(connection: adbc.AdbcConnection, new: str, file: DataFile) -> int:
    """Create a table and fill it by binary COPY, holding a batch of rows at a time."""
    failures: list[UserError] = []
    rows = 0

    def batches() -> Iterator[pa.RecordBatch]:
        nonlocal rows
        try:
            for batch in file.batches:
                rows += batch.num_rows
                yield batch
        except UserError as error:
            failures.append(error)  # ADBC would make a text of it
            raise

    with adbc.AdbcStatement(connection) as statement:
        statement.set_options(
            **{
                adbc.INGEST_OPTION_TARGET_TABLE: new,
                adbc.INGEST_OPTION_MODE: adbc.INGEST_OPTION_MODE_CREATE,
                adbc.StatementOptions.INGEST_TARGET_DB_SCHEMA.value: "landing",
            }
        )
        statement.bind_stream(pa.RecordBatchReader.from_batches(file.schema, batches()))
        try:
            statement.execute_update()
        except adbc.Error as error:
            if failures:
                raise failures[0] from failures[0].__cause__
            raise UserError(
                f"{file.path.name} could not be loaded: {_what_postgres_said(error)}."
            ) from error
    return rows


def _check_readable(
    connection: adbc.AdbcConnection, new: str, name: str, column: str, data_type: str
) -> None:
    """A column of which Postgres can read not one value was written in another format."""
    kind = next((kind for kind in READABLE if data_type.lower().startswith(kind)), None)
    if kind is None:
        return
    noun, pattern, advice = READABLE[kind]
    quoted = _quoted(column)
    is_readable = f"pg_input_is_valid({quoted}, {_literal(data_type)})"
    if pattern:
        is_readable += f" and {quoted} ~ {_literal(pattern)}"
    rows = f"from {_landing(new)} where"
    if _query(connection, f"select 1 {rows} {is_readable} limit 1"):
        return
    first = _query(connection, f"select {quoted} as v {rows} {quoted} is not null limit 1")
    if first:
        raise UserError(
            f"Column {column} of {name} holds no readable {noun} (first value"
            f" {first[0]['v'][:40]!r}): {advice}."
        )


def _replace(connection: adbc.AdbcConnection, table: str, new: str) -> None:
    """Put the new table in the old one's place.

    Views on the old table (staging's) go on as views on the new one. Where the columns or their
    types have changed they are dropped with it: they are made for other columns, and the next
    `dbt build` makes them anew.
    """
    old = _landing(table)
    if _columns(connection, table) == _columns(connection, new):
        # Locked in the order in which a reader of the view does it: first the view.
        for view in _views(connection, table):
            _execute(connection, f"lock table {view['name']} in access exclusive mode")
        views = _views(connection, table)
        _execute(connection, f"alter table {old} rename to _outgoing")
        _execute(connection, f"alter table {_landing(new)} rename to {_quoted(table)}")
        for view in views:
            _execute(connection, view["statement"])
        _execute(connection, "drop table landing._outgoing")
    else:
        _execute(connection, f"drop table if exists {old} cascade")
        _execute(connection, f"alter table {_landing(new)} rename to {_quoted(table)}")


def _columns(connection: adbc.AdbcConnection, table: str) -> list[dict[str, Any]]:
    query = """
        select attname::text as name, format_type(atttypid, atttypmod) as type
        from pg_attribute
        where attrelid = to_regclass({table}) and attnum > 0 and not attisdropped
        order by attnum
    """
    return _query(connection, query.format(table=_literal(_landing(table))))


def _views(connection: adbc.AdbcConnection, table: str) -> list[dict[str, Any]]:
    """The views that read a table directly, each with the statement that makes it."""
    query = """
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
                and refobjid = to_regclass({table})
        )
        order by 1
    """
    return _query(connection, query.format(table=_literal(_landing(table))))


# --- the database


@contextmanager
def _transaction(url: str) -> Iterator[adbc.AdbcConnection]:
    """A transaction, committed at the end of the block, else rolled back."""
    try:
        with (
            adbc_driver_postgresql.connect(url) as database,
            adbc.AdbcConnection(database) as connection,
        ):
            connection.set_autocommit(False)
            yield connection  # closing without commit rolls back
            connection.commit()
    except (adbc.Error, pa.ArrowException) as error:
        reason = _what_postgres_said(error)
        if "lock timeout" in reason:
            raise TryAgainError(
                "The files could not be loaded, and nothing was: another session has kept the old"
                f" tables in use for {PATIENCE} seconds; end it and load again."
            ) from error
        raise UserError(f"The files could not be loaded, and nothing was: {reason}.") from error


def _execute(connection: adbc.AdbcConnection, sql: str) -> None:
    with adbc.AdbcStatement(connection) as statement:
        statement.set_sql_query(sql)
        statement.execute_update()


def _query(connection: adbc.AdbcConnection, sql: str) -> list[dict[str, Any]]:
    with adbc.AdbcStatement(connection) as statement:
        statement.set_sql_query(sql)
        stream, _ = statement.execute_query()
        return list(pa.RecordBatchReader.from_stream(stream).read_all().to_pylist())


def _landing(table: str) -> str:
    return f"landing.{_quoted(table)}"


def _quoted(identifier: str) -> str:
    return '"' + identifier.replace('"', '""') + '"'


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _what_postgres_said(error: Exception) -> str:
    said = re.search(r"(?:ERROR|FATAL):\s+(.+)", str(error))
    return said.group(1).strip() if said else str(error).split("\n")[0].rstrip(". ")
