"""Data files into tables of `landing` by binary COPY: one load at a time, in one transaction."""

import re
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import adbc_driver_manager as adbc
import adbc_driver_postgresql
import pyarrow as pa

from include.errors import TryAgainError, UserError
from include.schemas import schema, schema_prefix
from include.warehouse.bookkeeping import prepare
from include.warehouse.connection import connect, may_pass
from include.warehouse.data_file import DataFile
from include.warehouse.files import bad_text
from include.warehouse.locks import LOAD_OF_FILES

LOCK_NOT_AVAILABLE = "55P03"
NOT_IN_REPERTOIRE = "22021"
PATIENCE = 60  # seconds to wait for those who read the old tables in a transaction of theirs


@contextmanager
def transaction(url: str) -> Iterator[adbc.AdbcConnection]:
    """A transaction, committed at the end of the block, else rolled back.

    One load at a time: a second one waits here until the first is done. Raises UserError with one
    sentence where the warehouse cannot be reached.
    """
    with closing(connect(url)) as first:
        prepare(first, "landing", "ops")  # at once, as other loads need them, too
    try:
        with (
            adbc_driver_postgresql.connect(url) as database,
            adbc.AdbcConnection(database) as connection,
        ):
            connection.set_autocommit(False)
            execute(connection, "set local statement_timeout = 0")
            execute(connection, f"set local lock_timeout = '{LOAD_OF_FILES.patience}s'")
            try:
                name = literal(schema_prefix() + LOAD_OF_FILES.name)
                execute(connection, f"select pg_advisory_xact_lock(hashtext({name}))")
            except adbc.Error as error:
                if error.sqlstate != LOCK_NOT_AVAILABLE:
                    raise
                raise LOAD_OF_FILES.still_held() from None
            execute(connection, f"set local lock_timeout = '{PATIENCE}s'")
            yield connection  # closing without commit rolls back
            connection.commit()
    except (adbc.Error, pa.ArrowException, OSError) as error:
        if isinstance(error, OSError) and not may_pass(error):
            raise  # of a file; a connection that breaks amid the rows of a query is one, too
        if getattr(error, "sqlstate", None) == LOCK_NOT_AVAILABLE:
            raise TryAgainError(
                "The files could not be loaded, and nothing was: another session has kept the old"
                f" tables in use for {PATIENCE} seconds; end it and load again."
            ) from error
        raise _explain("The files could not be loaded, and nothing was", error) from error


def execute(connection: adbc.AdbcConnection, sql: str) -> None:
    """Run a statement."""
    with adbc.AdbcStatement(connection) as statement:
        statement.set_sql_query(sql)
        statement.execute_update()


def query(connection: adbc.AdbcConnection, sql: str) -> list[dict[str, Any]]:
    """The rows of a query, by column."""
    with adbc.AdbcStatement(connection) as statement:
        statement.set_sql_query(sql)
        stream, _ = statement.execute_query()
        return list(pa.RecordBatchReader.from_stream(stream).read_all().to_pylist())


def in_landing(table: str) -> str:
    """A table of `landing`, as SQL has it."""
    return f"{schema('landing')}.{quoted(table)}"


def quoted(identifier: str) -> str:
    """A name, as SQL has it."""
    return '"' + identifier.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A text, as SQL has it."""
    return "'" + text.replace("'", "''") + "'"


def _explain(what: str, error: Exception) -> UserError:
    reason = what_postgres_said(error)
    if may_pass(error):
        return TryAgainError(f"{what}, as the connection to Postgres broke ({reason}): load again.")
    return UserError(f"{what}: {reason}.")


def what_postgres_said(error: Exception) -> str:
    """Postgres' own words in an error of the driver."""
    said = re.search(r"(?:ERROR|FATAL):\s+(.+)", str(error))
    return said.group(1).strip() if said else str(error).split("\n")[0].rstrip(". ")


def copy(connection: adbc.AdbcConnection, new: str, file: DataFile) -> int:
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
                adbc.StatementOptions.INGEST_TARGET_DB_SCHEMA.value: schema("landing"),
            }
        )
        statement.bind_stream(pa.RecordBatchReader.from_batches(file.schema, batches()))
        try:
            statement.execute_update()
        except adbc.Error as error:
            if failures:
                raise failures[0] from failures[0].__cause__
            if error.sqlstate == NOT_IN_REPERTOIRE and (refusal := bad_text(file.path, file.table)):
                raise refusal from error
            raise _explain(f"{file.path.name} could not be loaded", error) from error
    return rows


def columns_of(connection: adbc.AdbcConnection, table: str) -> list[dict[str, Any]]:
    """The columns of a table in order, each with its name and type; none where it is not there."""
    sql = """
        select attname::text as name, format_type(atttypid, atttypmod) as type
        from pg_attribute
        where attrelid = to_regclass({table}) and attnum > 0 and not attisdropped
        order by attnum
    """
    return query(connection, sql.format(table=literal(in_landing(table))))
