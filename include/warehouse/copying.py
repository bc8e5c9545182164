"""Data files into tables of `landing` by binary COPY: one load at a time, in one transaction."""

import re
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import pyarrow as pa
from adbc_driver_postgresql import dbapi

from include.errors import TryAgainError, UserError
from include.schemas import schema, schema_prefix
from include.warehouse.bookkeeping import prepare
from include.warehouse.connection import Warehouse, may_pass
from include.warehouse.data_file import DataFile
from include.warehouse.files import bad_text
from include.warehouse.locks import LOAD_OF_FILES
from include.warehouse.pseudonyms import pseudonymous, with_pseudonyms

LOCK_NOT_AVAILABLE = "55P03"
NOT_IN_REPERTOIRE = "22021"
PATIENCE = 60  # seconds to wait for those who read the old tables in a transaction of theirs


@contextmanager
def transaction(warehouse: Warehouse) -> Iterator[dbapi.Connection]:
    """A transaction, committed at the end of the block, else rolled back.

    One load at a time: a second one waits here until the first is done. Raises UserError with one
    sentence where the warehouse cannot be reached.
    """
    with closing(warehouse.connect()) as first:
        prepare(first, "landing", "ops")  # at once, as other loads need them, too
    try:
        with dbapi.connect(warehouse.url) as connection:
            execute(connection, "set local statement_timeout = 0")
            execute(connection, f"set local lock_timeout = '{LOAD_OF_FILES.patience}s'")
            try:
                name = schema_prefix() + LOAD_OF_FILES.name
                execute(connection, "select pg_advisory_xact_lock(hashtext($1))", name)
            except dbapi.Error as error:
                if error.sqlstate != LOCK_NOT_AVAILABLE:
                    raise
                raise LOAD_OF_FILES.still_held() from None
            execute(connection, f"set local lock_timeout = '{PATIENCE}s'")
            yield connection  # closing without commit rolls back
            connection.commit()
    except (dbapi.Error, pa.ArrowException, OSError) as error:
        if isinstance(error, OSError) and not may_pass(error):
            raise  # of a file; a connection that breaks amid the rows of a query is one, too
        if getattr(error, "sqlstate", None) == LOCK_NOT_AVAILABLE:
            raise TryAgainError(
                "The files could not be loaded, and nothing was: another session has kept the old"
                f" tables in use for {PATIENCE} seconds; end it and load again."
            ) from error
        raise _explain("The files could not be loaded, and nothing was", error) from error


def execute(connection: dbapi.Connection, sql: str, *values: object) -> None:
    """Run a statement, with a value for each of `$1`, `$2` and so on."""
    with connection.cursor() as cursor:
        cursor.execute(sql, values)


def query(connection: dbapi.Connection, sql: str, *values: object) -> list[dict[str, Any]]:
    """The rows of a query, by column; values as above."""
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return list(cursor.fetch_arrow_table().to_pylist())


def in_landing(table: str) -> str:
    """A table of `landing`, as SQL has it."""
    return f"{schema('landing')}.{quoted(table)}"


def quoted(identifier: str) -> str:
    """A name, as SQL has it."""
    return '"' + identifier.replace('"', '""') + '"'


def _explain(what: str, error: Exception) -> UserError:
    reason = what_postgres_said(error)
    if may_pass(error):
        return TryAgainError(f"{what}, as the connection to Postgres broke ({reason}): load again.")
    return UserError(f"{what}: {reason}.")


def what_postgres_said(error: Exception) -> str:
    """Postgres' own words in an error of the driver."""
    said = re.search(r"(?:ERROR|FATAL):\s+(.+)", str(error))
    return said.group(1).strip() if said else str(error).split("\n")[0].rstrip(". ")


def copy(connection: dbapi.Connection, new: str, file: DataFile) -> int:
    """Create a table and fill it by binary COPY, holding a batch of rows at a time.

    What is declared to be a pseudonym is made one on the way, so that nothing else is stored.
    """
    if pseudonymous(file.table):
        file = with_pseudonyms(file, _pseudonym_key(connection))
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

    with connection.cursor() as cursor:
        reader = pa.RecordBatchReader.from_batches(file.schema, batches())
        try:
            cursor.adbc_ingest(new, reader, mode="create", db_schema_name=schema("landing"))
        except dbapi.Error as error:
            if failures:
                raise failures[0] from failures[0].__cause__
            if error.sqlstate == NOT_IN_REPERTOIRE and (refusal := bad_text(file.path, file.table)):
                raise refusal from error
            raise _explain(f"{file.path.name} could not be loaded", error) from error
    return rows


def _pseudonym_key(connection: dbapi.Connection) -> bytes:
    [row] = query(connection, f"select key from {schema('ops')}.pseudonym_key")  # noqa: S608
    return bytes.fromhex(row["key"])


def columns_of(connection: dbapi.Connection, table: str) -> list[dict[str, Any]]:
    """The columns of a table in order, each with its name and type; none where it is not there."""
    sql = """
        select attname::text as name, format_type(atttypid, atttypmod) as type
        from pg_attribute
        where attrelid = to_regclass($1) and attnum > 0 and not attisdropped
        order by attnum
    """
    return query(connection, sql, in_landing(table))
