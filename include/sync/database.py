"""Tables of another database, of any kind that SQLAlchemy knows, as dlt's resources.

Declared are a table's key and the column that grows with each change. The rows from where the last
load ended on are read, that value included, and those without one; a table without such a column is
read whole.
"""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

from include.connections import Connection
from include.errors import TryAgainError, UserError
from include.paths import absolute
from include.secrets import scrub
from include.sync.rows import LARGEST, Row, Stream, Unreadable
from include.sync.sources import Source

if TYPE_CHECKING:
    from sqlalchemy import URL, Engine
    from sqlalchemy import Table as Reflected

A_CHUNK = 10_000  # rows held at a time
OVERLAP = 3600  # seconds: for what was written, but not yet to be seen, while the last load read
A_DAY = 86400
DRIVERS = {"postgres": "postgresql+psycopg2", "mysql": "mysql+pymysql"}
"""Airflow's names for databases, and the driver that is meant."""
PACKAGES = {"psycopg2": "psycopg2-binary", "MySQLdb": "mysqlclient"}
"""Modules that are called otherwise than the package they come in."""

# What databases say, each in its own words.
WRONG_PASSWORD = re.compile(
    r"password authentication failed|Access denied for user|Login failed|ORA-01017"
)
NO_DATABASE = re.compile(r'database "[^"]*" does not exist|Unknown database|Cannot open database')
UNKNOWN_HOST = re.compile(
    r"could not translate host name|Name or service not known|nodename nor servname|getaddrinfo"
    r"|No address associated|Temporary failure in name resolution|Unknown (MySQL )?server host"
)
NO_ANSWER = re.compile(r"refused|timed? ?out|timeout|unreachable|Can't connect|closed|Lost conn")


def streams(source: Source, names: list[str], connection: Connection) -> list[Stream]:
    """The tables of these names; their rows are read while they are loaded.

    Args:
        source: a source of the kind database.
        names: of tables, as the source declares them.
        connection: what SQLAlchemy's URL is made of; `conn_type` is the driver.

    Raises UserError for a database that cannot be reached, a table or column that is not there.
    """
    declared = source.declared["database"]
    with _explained(source.name, connection):
        engine = _engine(source.name, connection)
        return [
            SourceTable(source.name, connection, engine, name, declared.get("schema"), one).stream()
            for name, one in declared["tables"].items()
            if name in names
        ]


@dataclass(frozen=True)
class SourceTable:
    """One table: a row a row, its columns called as they are in `landing`.

    Args:
        source: the source's name.
        connection: of the source.
        engine: what connects to it.
        name: of the table in `landing`.
        schema: it lies in; the database's default one where it is None.
        declared: `key`, `incremental`, `overlap`, and `table` where it is called otherwise there.
    """

    source: str
    connection: Connection
    engine: "Engine"
    name: str
    schema: str | None
    declared: dict[str, Any]

    def stream(self) -> Stream:
        """The rows that changed since the last load, or all of them."""
        import dlt
        import sqlalchemy as sa

        key = self.declared["key"]
        key = [key] if isinstance(key, str) else list(key)
        at_column = self.declared.get("incremental")
        self._check_columns([*key, at_column] if at_column else key)
        hints: dict[str, Any] = {
            "name": self.name,
            "primary_key": [self._names[column] for column in key],
            "columns": self._hints,
        }
        is_unique = self._is_unique(key)
        if not at_column:
            everything = dlt.resource(self._read(sa.true()), **hints)
            return Stream(everything, is_unique=is_unique)
        column, name = self._table.columns[at_column], self._names[at_column]
        data_type = self._hints[name]["data_type"]
        overlap = self._overlap(column.name, data_type)

        @dlt.resource(**hints)
        def changed(
            at: dlt.sources.incremental[Any] = dlt.sources.incremental(  # noqa: B008
                name,
                lag=overlap,
                primary_key=(),
                on_cursor_value_missing="include",
            ),
        ) -> Iterator[list[Row]]:
            since = at.start_value
            if isinstance(since, datetime):
                # some databases compare times as text, or round them; dlt drops what is early
                since -= timedelta(seconds=1)
            yield from self._read(
                # a row without a value may have changed: it is read each time
                sa.true() if since is None else sa.or_(column >= since, column.is_(None))
            )

        is_time = data_type in ("timestamp", "date")
        return Stream(changed, name if is_time else "", is_unique=is_unique)

    @cached_property
    def _table(self) -> "Reflected":
        import sqlalchemy as sa
        from dlt.sources.sql_database.schema_types import default_table_adapter

        try:
            table = sa.Table(
                self._name_there,
                sa.MetaData(schema=self.schema),
                autoload_with=self.engine,
                resolve_fks=False,
            )
        except sa.exc.NoSuchTableError:
            there = ", ".join(sorted(sa.inspect(self.engine).get_table_names(self.schema))[:10])
            raise UserError(
                f"The database of {self.source} has no table {self._shown} that its user may see"
                f" (it has {there or 'none'}): correct include/sources.yml."
            ) from None
        default_table_adapter(table, None)
        return table

    @property
    def _name_there(self) -> str:
        return str(self.declared.get("table", self.name))

    @property
    def _shown(self) -> str:
        return f"{self.schema}.{self._name_there}" if self.schema else self._name_there

    @cached_property
    def _names(self) -> dict[str, str]:
        """A column's name there → in `landing`."""
        from dlt import Schema

        naming = Schema(self.source).naming
        names = {name: naming.normalize_identifier(name) for name in self._table.columns.keys()}  # noqa: SIM118
        if len(set(names.values())) < len(names):
            raise UserError(
                f"Columns of the table {self._shown} of {self.source} differ only by case or signs,"
                " which is lost in the warehouse: make a view that names them apart, and declare"
                " that in include/sources.yml."
            )
        return names

    @cached_property
    def _hints(self) -> dict[str, Any]:
        """A column's name in `landing` → its type, in dlt's words."""
        hints: dict[str, Any] = {}
        for column in self._table.columns:
            name = self._names[column.name]
            hint = self._hint_of(column)
            # one that fits into the warehouse's 38 digits, 9 of them decimals, may grow there
            if hint.get("precision", 0) - hint.get("scale", 0) <= 29 and hint.get("scale", 0) <= 9:
                hint = {key: hint[key] for key in hint if key not in ("precision", "scale")}
            hints[name] = {"data_type": "text"} | hint | {"name": name}
        return hints

    def _hint_of(self, column: Any) -> dict[str, Any]:
        """What dlt says of a column's type; no data_type where it has none, as for a range."""
        import sqlalchemy as sa
        from dlt.sources.sql_database.schema_types import sqla_col_to_column_schema

        if isinstance(column.type, sa.Float):
            return {
                "data_type": "double"
            }  # which dlt takes for a decimal, with SQLAlchemy 2.0 only
        hint: Any = sqla_col_to_column_schema(column, "full") or {}
        hint.pop("nullable", None)  # it may be one day
        return dict(hint)

    def _check_columns(self, columns: list[str]) -> None:
        for column in columns:
            if column not in self._table.columns:
                raise UserError(
                    f"The table {self._shown} of {self.source} has no column {column!r} (it has"
                    f" {', '.join(self._table.columns.keys())}): correct include/sources.yml."
                )

    def _is_unique(self, key: list[str]) -> bool:
        """Whether the database itself lets no key come twice."""
        return {column.name for column in self._table.primary_key} == set(key)

    def _overlap(self, at_column: str, data_type: str) -> int:
        """By how much the rows of the last load are read again: of a date days, of a number none.

        Text sorts like times if these are written alike, but there is no reckoning with it.
        """
        declared = self.declared.get("overlap")
        if data_type == "timestamp":
            return OVERLAP if declared is None else int(declared)
        if data_type == "date":
            return -(-(OVERLAP if declared is None else int(declared)) // A_DAY)
        if data_type == "text" and declared:
            raise UserError(
                f"The column {at_column} of the table {self._shown} of {self.source} is text, which"
                " has no overlap in seconds: remove `overlap`, or make a view with a time in its"
                " place."
            )
        return int(declared or 0)

    def _read(self, where: Any) -> Iterator[list[Row]]:
        import sqlalchemy as sa

        selected = [self._selected(column) for column in self._table.columns]
        with _explained(self.source, self.connection), self.engine.connect() as connection:
            rows = connection.execution_options(yield_per=A_CHUNK).execute(
                sa.select(*selected).where(where)
            )
            for chunk in rows.mappings().partitions():
                yield [self._with_numbers(self._with_moments(dict(row))) for row in chunk]

    def _selected(self, column: Any) -> Any:
        import sqlalchemy as sa

        name = self._names[column.name]
        if "data_type" not in self._hint_of(column):
            return sa.cast(column, sa.Text).label(name)
        if self._is_sqlite and (name in self._moments or name in self._numbers):
            # which keeps any text as a date or a number, and SQLAlchemy fails at the first that is
            # none, or takes it for true
            return sa.type_coerce(column, sa.Text).label(name)
        return column.label(name)

    def _with_moments(self, row: Row) -> Row:
        """The row with dates and times for the texts that some databases give in their place."""
        for name, is_date in self._moments.items():
            if not isinstance(row[name], str):
                continue
            try:
                moment = datetime.fromisoformat(row[name])
                row[name] = moment.date() if is_date else moment
            except ValueError:
                row[name] = Unreadable(row[name])
                if name == self._names.get(self.declared.get("incremental", "")):
                    # dlt compares it: so it lies in the future, for which its row is set aside
                    row[name] = date.max if is_date else datetime.max.replace(tzinfo=UTC)
        return row

    def _with_numbers(self, row: Row) -> Row:
        """The row of SQLite with numbers, and what is none marked, for whatever it keeps there."""
        for name, as_declared in self._numbers.items():
            value = row[name]
            if value is None:
                continue
            is_whole = self._hints[name]["data_type"] == "bigint"
            if isinstance(value, (str, bytes)) or (is_whole and not _is_whole(value)):
                row[name] = Unreadable(value)
            elif as_declared:
                row[name] = as_declared(value)
        return row

    @property
    def _is_sqlite(self) -> bool:
        return bool(self.engine.dialect.name == "sqlite")

    @cached_property
    def _numbers(self) -> dict[str, Callable[[Any], Any] | None]:
        """SQLite's columns of numbers, in `landing`, each with what SQLAlchemy makes of a value.

        Those that are true or false are numbers there, too.
        """
        if not self._is_sqlite:
            return {}
        return {
            self._names[column.name]: column.type.result_processor(self.engine.dialect, None)
            for column in self._table.columns
            if self._hint_of(column).get("data_type") in ("bigint", "decimal", "double", "bool")
        }

    @cached_property
    def _moments(self) -> dict[str, bool]:
        """The columns of dates and times, in `landing`, each with whether it is one of dates."""
        return {
            name: hint["data_type"] == "date"
            for name, hint in self._hints.items()
            if hint["data_type"] in ("date", "timestamp")
        }


def _is_whole(value: float) -> bool:
    return float(value).is_integer() and abs(value) <= LARGEST


def _engine(source: str, connection: Connection) -> "Engine":
    import sqlalchemy as sa

    try:
        engine = sa.create_engine(
            _url(source, connection), poolclass=sa.pool.NullPool, hide_parameters=True
        )
        if engine.driver == "psycopg2":
            sa.event.listen(engine, "connect", _keep_what_python_cannot_hold)
        return engine
    except ModuleNotFoundError as error:
        module = error.name or ""
        raise UserError(
            f"The driver of the source {source}, {module}, is not installed: run"
            f" `uv add {PACKAGES.get(module, module)}`."
        ) from None
    except (sa.exc.NoSuchModuleError, sa.exc.ArgumentError):
        raise UserError(
            f"SQLAlchemy knows no database {connection.conn_type!r}: correct the type of the"
            f" Airflow connection {source!r} (postgresql, mysql+pymysql, mssql+pyodbc, …), or add"
            " the package that brings it with `uv add`."
        ) from None


def _keep_what_python_cannot_hold(connection: Any, _: Any) -> None:
    """Let psycopg2 give a date before the year 1 or after 9999 as the text that Postgres sends.

    It fails at them, and with it the load; of the infinite ones it makes dates of the year 9999.
    """
    from psycopg2 import extensions

    for usual in (extensions.PYDATE, extensions.PYDATETIME, extensions.PYDATETIMETZ):

        def cast(value: Any, cursor: Any, usual: Any = usual) -> Any:
            try:
                return value if value in ("infinity", "-infinity") else usual(value, cursor)
            except (ValueError, OverflowError):
                return value

        extensions.register_type(extensions.new_type(usual.values, usual.name, cast), connection)


def _url(source: str, connection: Connection) -> "URL":
    from sqlalchemy import URL

    driver = DRIVERS.get(connection.conn_type, connection.conn_type)
    if driver.split("+")[0] == "sqlite":
        # SQLite would make a missing file
        path = absolute(connection.host or connection.database or "")
        if not path.is_file():
            raise UserError(
                f"There is no SQLite database {path}: correct the path in the Airflow connection"
                f" {source!r}."
            )
        return URL.create(driver, database=f"file:{path}", query={"mode": "ro", "uri": "true"})
    return URL.create(
        driver,
        connection.login,
        connection.password,
        connection.host,
        connection.port,
        connection.database,
        # a driver reads text; numbers come without quotes where people write JSON
        {name: _as_text(value) for name, value in connection.extra.items()},
    )


def _as_text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


@contextmanager
def _explained(source: str, connection: Connection) -> Iterator[None]:
    """What the database says, in one sentence without secrets; TryAgainError where it may pass."""
    import sqlalchemy as sa

    try:
        yield
    except sa.exc.SQLAlchemyError as error:
        said = str(getattr(error, "orig", None) or error).strip().split("\n")[0]
        said = scrub(said, (connection.password,) if connection.password else ())
        raise _explain(
            source, connection, said, isinstance(error, sa.exc.OperationalError)
        ) from None


def _explain(source: str, connection: Connection, said: str, may_pass: bool) -> UserError:
    host, correct = connection.host, f"correct the Airflow connection {source!r}"
    if WRONG_PASSWORD.search(said):
        return UserError(
            f"The database of {source} does not accept the password of the user"
            f" {connection.login!r}: {correct}."
        )
    if NO_DATABASE.search(said):
        return UserError(f"{host} has no database {connection.database!r}: {correct}.")
    if UNKNOWN_HOST.search(said):
        return UserError(f"The host {host!r} of the source {source} is unknown: {correct}.")
    if NO_ANSWER.search(said):
        return TryAgainError(
            f"The database of {source} at {host} does not answer, or broke off: start it, or"
            f" {correct}."
        )
    reason = f"The database of {source} says: {said[:300].rstrip('.')}; "
    if may_pass:
        return TryAgainError(f"{reason}load again, or {correct}.")
    return UserError(f"{reason}give its user the right to read, or correct include/sources.yml.")
