"""A folder of files, on this machine or in an S3-compatible store, into tables of `landing`.

A new file is loaded, a changed one again in place of its rows; what was loaded is noted in
`ops.loaded_files` in the same transaction, so a load that dies leaves the table and the note as
they were. An unchanged file is not read; of one that vanished the rows stay.
"""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from adbc_driver_postgresql import dbapi

from include.connections import Connection
from include.errors import TryAgainError, UserError
from include.paths import absolute
from include.schemas import named, schema
from include.sync.api import base_address
from include.sync.loads import Brought
from include.sync.sources import Source
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
from include.warehouse.declared import FILE, Table
from include.warehouse.files import SUFFIXES, open_file
from include.warehouse.load_files import check_shrunk
from include.warehouse.readable import as_declared
from include.warehouse.watched import Watched, check_formulas

if TYPE_CHECKING:
    from pyarrow import fs

S3 = "s3://"
A_BLOCK = 2**20  # bytes
NEW = "_loading_file"


@dataclass(frozen=True)
class Found:
    """A file as its folder has it; another size or time is another content."""

    size: int
    modified_at: datetime


def load_folder(
    source: Source,
    table: str,
    warehouse: Warehouse,
    connection: Connection,
    declared: Table,
    full: bool,
    may_shrink: bool = False,
) -> Brought:
    """Bring a table of a source of the kind files up to date.

    Args:
        source: as it is declared.
        table: one of those it declares; `landing.<source>__<table>` is what it fills.
        warehouse: where that table is.
        connection: of an S3-compatible store: login and password are its keys, host its address.
        declared: what dbt says of it.
        full: read every file anew, and delete the rows of those that vanished.
        may_shrink: whether a file may have half of the rows that it had, or fewer.

    Raises UserError for a folder or a file that cannot be read; then the table is as it was.
    """
    folder = Folder(source, connection)
    found = folder.files(source.declared["files"]["tables"][table]["pattern"])
    landing_table = f"{source.name}__{table}"
    with transaction(warehouse) as database:
        load = _Landing(database, landing_table, declared)
        loaded = load.prepare()
        if not found and not loaded:
            raise UserError(
                f"No file of {folder.shown} fits the pattern of the table {table} of {source.name}"
                f" (there are {folder.example()}): correct include/sources.yml, or put the first"
                " file there."
            )
        rows_before = {} if may_shrink else load.rows()
        if full:
            load.forget(list(loaded))
        stale = [name for name, file in found.items() if full or loaded.get(name) != file]
        rows = 0
        for name in stale:
            with folder.local_copy(name, found[name]) as path:
                loaded_rows = load.load(name, found[name], path)
            check_shrunk(name, loaded_rows, rows_before.get(name, 0))
            rows += loaded_rows
        vanished = [] if full else load.note_vanished(list(found))
        changes = load.changes + [
            f"{name} is not there any more; its rows stay" for name in vanished
        ]
        if table == next(iter(source.tables)) and (unread := folder.unread()):
            changes.append(f"no table reads {', '.join(unread[:5])}{', …' * (len(unread) > 5)}")
    newest = max((found[name].modified_at for name in stale), default=None)
    return Brought(rows, newest_at=newest, changes=tuple(changes))


class Folder:
    """Where a source's files lie."""

    def __init__(self, source: Source, connection: Connection) -> None:
        """Raises UserError for an address that would carry the keys unencrypted."""
        from pyarrow import fs

        self._source = source.name
        self._patterns = [one["pattern"] for one in source.declared["files"]["tables"].values()]
        self.shown = str(source.declared["files"]["folder"])
        self._is_local = not self.shown.startswith(S3)
        if self._is_local:
            self._files: fs.FileSystem = fs.LocalFileSystem()
            self._root = str(absolute(self.shown))
        else:
            self._root = self.shown.removeprefix(S3).strip("/")
            with self._explained():
                self._files = _store(source.name, self._root, connection)

    def files(self, pattern: str) -> dict[str, Found]:
        """Name within the folder → file, of those that fit a pattern; `**` is any folders."""
        wanted = pattern.split("/")
        return {
            name: Found(info.size, _time(info.mtime_ns))
            for name, info in self._all()
            if _fits(name.split("/"), wanted)
        }

    def unread(self) -> list[str]:
        """Names of the data files that fit no table's pattern."""
        read = {name for pattern in self._patterns for name in self.files(pattern)}
        return [name for name, _ in self._all() if name not in read]

    def example(self) -> str:
        """Some names of files that are there."""
        return ", ".join(name for name, _ in self._all()[:5]) or "none"

    @contextmanager
    def local_copy(self, name: str, file: Found) -> Iterator[Path]:
        """The file on this machine; one that is written meanwhile is a TryAgainError."""
        if self._is_local:
            path = Path(self._root) / name
            try:
                yield path
            finally:
                if _as_it_is(path) != file:
                    raise TryAgainError(
                        f"{name} in {self.shown} changed while it was read, and nothing was loaded:"
                        " load again when it is complete."
                    )
            return
        with tempfile.TemporaryDirectory(prefix="sync-") as folder:
            path = Path(folder) / PurePosixPath(name).name
            with (
                self._explained(),
                self._files.open_input_stream(f"{self._root}/{name}") as stream,
                path.open("wb") as copied,
            ):
                while block := stream.read(A_BLOCK):
                    copied.write(block)
            yield path

    def _all(self) -> "list[tuple[str, fs.FileInfo]]":
        """The data files by name; hidden ones and Excel's lock files are none."""
        from pyarrow import fs

        with self._explained():
            infos = self._files.get_file_info(fs.FileSelector(self._root, recursive=True))
        names = {
            PurePosixPath(info.path).relative_to(self._root).as_posix(): info
            for info in infos
            if info.type == fs.FileType.File
        }
        return [
            (name, info)
            for name, info in sorted(names.items())
            if name.lower().endswith(SUFFIXES)
            and not any(part.startswith((".", "~$")) for part in name.split("/"))
        ]

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise _explain(self._source, self.shown, error) from None


def _as_it_is(path: Path) -> Found | None:
    try:
        now = path.stat()
    except FileNotFoundError:
        return None
    return Found(now.st_size, _time(now.st_mtime_ns))


def _time(nanoseconds: int) -> datetime:
    """A time as Postgres keeps it: with microseconds."""
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=nanoseconds // 1000)


def _store(source: str, root: str, connection: Connection) -> "fs.FileSystem":
    """The S3-compatible store of a connection; without keys in it, with those of the machine."""
    from pyarrow import fs

    options: dict[str, Any] = {
        "access_key": connection.login,
        "secret_key": connection.password,
        "region": connection.extra.get("region_name"),
        "connect_timeout": 10,
        "request_timeout": 60,
        "retry_strategy": fs.AwsStandardS3RetryStrategy(max_attempts=3),
    }
    if connection.host:
        options["endpoint_override"] = base_address(source, "", connection)
        options["region"] = options["region"] or "us-east-1"  # other stores take any
    elif not options["region"]:
        options["region"] = fs.resolve_s3_region(root.split("/")[0])
    return fs.S3FileSystem(**options)


def _explain(source: str, folder: str, error: OSError) -> UserError:
    said, correct = str(error), f"correct the Airflow connection {source!r}"
    if isinstance(error, FileNotFoundError) or "NO_SUCH_BUCKET" in said:
        return UserError(
            f"There is no folder {folder}, where {source} is declared to be: make it, or correct"
            " include/sources.yml."
        )
    if "ACCESS_DENIED" in said or "INVALID_ACCESS_KEY" in said or "SIGNATURE" in said:
        return UserError(
            f"The store of {source} does not let its keys read {folder}: {correct} (login: access"
            " key, password: secret), or give them the right."
        )
    if "NETWORK_CONNECTION" in said or "imeout" in said or "resolve host" in said:
        return TryAgainError(
            f"The store of {source} does not answer: {correct} (host: its address), or try again."
        )
    return UserError(f"{folder} of {source} cannot be read: {said.splitlines()[0][:300]}")


def _fits(path: list[str], pattern: list[str]) -> bool:
    if not pattern:
        return not path
    if pattern[0] == "**":
        return any(_fits(path[skipped:], pattern[1:]) for skipped in range(len(path) + 1))
    return bool(path) and fnmatchcase(path[0], pattern[0]) and _fits(path[1:], pattern[1:])


class _Landing:
    """What happens in the warehouse while a table is loaded."""

    def __init__(self, connection: dbapi.Connection, table: str, declared: Table) -> None:
        self._connection, self._table, self._declared = connection, table, declared
        self._columns: dict[str, str] = {}
        self._is_new = False
        self.changes: list[str] = []

    def prepare(self) -> dict[str, Found]:
        """Make what is missing; return the files whose rows are there."""
        self._columns = self._columns_of(self._table)
        self._is_new = not self._columns
        if self._is_new:  # or somebody dropped it
            self._notes("delete from {ops}.loaded_files")
            columns = ", ".join(f"{quoted(name)} text" for name in [*self._declared.types, FILE])
            execute(self._connection, f"create table {in_landing(self._table)} ({columns})")
            self._columns = dict.fromkeys([*self._declared.types, FILE], "text")
        return {
            row["file"]: Found(row["size"], row["modified_at"])
            for row in self._noted("file, size, modified_at")
        }

    def load(self, name: str, file: Found, path: Path) -> int:
        """Load a file in place of its rows; return how many they are."""
        opened = open_file(path, self._declared)
        if FILE in opened.schema.names:
            raise UserError(f"{name} has a column {FILE}, which is the file's name: rename it.")
        types = {
            column: type_
            for column, type_ in self._declared.types.items()
            if column in opened.schema.names
        }
        self.changes += check_formulas(opened, types)
        watched = Watched(as_declared(opened, types), types)
        rows = copy(self._connection, NEW, watched.file)
        self.changes += [*opened.told, *watched.told()]
        new = self._columns_of(NEW)
        into, values = [quoted(FILE)], ["$1"]
        for column, type_ in new.items():
            for target, value in self._targets(column, type_):
                into.append(quoted(target))
                values.append(value)
        self.forget([name])
        execute(
            self._connection,
            f"insert into {in_landing(self._table)} ({', '.join(into)})"  # noqa: S608
            f" select {', '.join(values)} from {in_landing(NEW)}",
            name,
        )
        execute(self._connection, f"drop table {in_landing(NEW)}")
        execute(
            self._connection,
            named("insert into {ops}.loaded_files values ($1, $2, $3, $4, $5, now())"),
            *(self._table, name, file.size, file.modified_at, rows),
        )
        return rows

    def rows(self) -> dict[str, int]:
        """How many rows each loaded file had."""
        return {row["file"]: row["rows"] for row in self._noted("file, rows")}

    def forget(self, names: list[str]) -> None:
        """Delete the rows of files."""
        if not self._is_new and names:
            execute(
                self._connection,
                f"delete from {in_landing(self._table)} where {quoted(FILE)} = any($1)",  # noqa: S608
                names,
            )
            self._notes("delete from {ops}.loaded_files", "file = any($2)", names)

    def note_vanished(self, there: list[str]) -> list[str]:
        """Note which loaded files are not there; return those that were until now."""
        is_new = "vanished_at is null and file <> all($2)"
        gone = [row["file"] for row in self._noted("file", is_new, there)]
        self._notes("update {ops}.loaded_files set vanished_at = null", "file = any($2)", there)
        self._notes("update {ops}.loaded_files set vanished_at = now()", is_new, there)
        return sorted(gone)

    def _targets(self, column: str, type_: str) -> list[tuple[str, str]]:
        """Columns a column goes to, each with its value: its own, and one for another type.

        Text is never read as something else, which would be a guess; other values go where they
        fit without a loss.
        """
        value = quoted(column)
        there = self._columns.get(column)
        if there is None:
            self._add(column, type_, f"{column} is a new column")
            return [(column, value)]
        if there == type_:
            return [(column, value)]
        if there == "text":
            return [(column, f"{value}::text")]
        variant = f"{column}__v_{type_.split(' ')[0].split('(')[0]}"
        if variant not in self._columns:
            self._add(variant, type_, f"{column} came as {type_} too, in the column {variant}")
        if type_ == "text":
            return [(variant, value)]
        fits = (
            f"case when pg_input_is_valid({value}::text, $type${there}$type$)"
            f" then ({value}::text::{there})::text::{type_} = {value} end"
        )
        return [
            (column, f"case when {fits} then {value}::text::{there} end"),
            (variant, f"case when not coalesce({fits}, false) then {value} end"),
        ]

    def _add(self, column: str, type_: str, change: str) -> None:
        execute(
            self._connection,
            f"alter table {in_landing(self._table)} add {quoted(column)} {type_}",
        )
        self._columns[column] = type_
        if not self._is_new:
            self.changes.append(change)

    def _columns_of(self, table: str) -> dict[str, str]:
        return {row["name"]: row["type"] for row in columns_of(self._connection, table)}

    def _noted(self, what: str, where: str = "true", *values: object) -> list[dict[str, Any]]:
        return query(
            self._connection,
            f"select {what} from {schema('ops')}.loaded_files"  # noqa: S608
            f" where landing_table = $1 and ({where})",
            self._table,
            *values,
        )

    def _notes(self, change: str, where: str = "true", *values: object) -> None:
        sql = f"{named(change)} where landing_table = $1 and ({where})"
        execute(self._connection, sql, self._table, *values)
