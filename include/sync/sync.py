"""One table of a declared source, from where it is to `landing`: only what changed, each row once.

dlt does it: rows to files, files to a staging table, MERGE by key. What it has to remember for the
next load is written in the warehouse, and counts only when all of the load is there: a load that
dies leaves the table as it was, and the next one does its work.
"""

import logging
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from include.connections import Connection
from include.errors import UserError
from include.settings import DBT_PROJECT
from include.sync.api import explain
from include.sync.loads import Load, last_loaded_at, note
from include.sync.rejected import Rejected
from include.sync.rows import Rows
from include.sync.sources import Source, connection_of
from include.warehouse.connection import connect
from include.warehouse.load_files import Declared, declared_tables

if TYPE_CHECKING:
    from dlt import Pipeline
    from dlt.extract import DltResource

TYPES: dict[str, Any] = {
    "text": "text",
    "bigint": "bigint",
    "integer": "bigint",
    "numeric": "decimal",
    "boolean": "bool",
    "date": "date",
    "timestamp": "timestamp",
    "timestamptz": "timestamp",
    "jsonb": "json",
}
"""dbt's data types, and what dlt calls them."""


def sync(
    source: Source,
    table: str,
    warehouse_url: str,
    connection: Connection,
    *,
    run_id: str | None = None,
    full: bool = False,
    pause: float = 1.0,
    say: Callable[[str], None] = print,
) -> Load:
    """Bring a table of a source up to date, and note how that went in `ops.loads`.

    Args:
        source: as it is declared.
        table: one of `source.tables`; `landing.<source>__<table>` is what it fills.
        warehouse_url: URL of the warehouse.
        connection: the Airflow connection of the source.
        run_id: of Airflow, where it is a run of the DAG.
        full: read all of it, not just what changed; what is not there any more is deleted.
        pause: seconds before a failed request is sent again.
        say: gets a line when it is done.

    Raises UserError with what is to be done; TryAgainError where the next load may just work.
    """
    began, started_at = time.monotonic(), datetime.now(UTC)
    landing_table = f"{source.name}__{table}"
    rows: list[Rows] = []
    try:
        changes = _load(source, table, warehouse_url, connection, full, pause, rows)
    except Exception as error:
        told = explain(source.name, error, (connection.password or "", warehouse_url))
        seconds = time.monotonic() - began
        failed = Load(
            source.name, landing_table, run_id, False, started_at, seconds, message=str(told)
        )
        note(warehouse_url, failed)
        if isinstance(error, UserError):
            raise
        raise told from error
    load = Load(
        source=source.name,
        table=landing_table,
        run_id=run_id,
        is_loaded=True,
        started_at=started_at,
        seconds=time.monotonic() - began,
        rows=sum(one.count for one in rows),
        rejected=sum(one.rejected for one in rows),
        newest_at=max((one.newest for one in rows if one.newest), default=None),
        schema_changes=tuple(changes),
    )
    note(warehouse_url, load)
    rejected = f", {load.rejected:,} rejected" if load.rejected else ""
    say(f"landing.{landing_table}: {load.rows:,} rows{rejected} in {load.seconds:.1f} s")
    for change in changes:
        say(f"landing.{landing_table}: {change}")
    return load


def sync_what_is_missing(
    source: Source, warehouse_url: str, find_connection: Callable[[str], Connection | None]
) -> None:
    """Load the tables of a source that never were, and say how old the others are."""
    loaded_at = last_loaded_at(warehouse_url, source.name)
    for table in source.tables:
        landing_table = f"{source.name}__{table}"
        if landing_table in loaded_at:
            print(f"landing.{landing_table}: last loaded at {loaded_at[landing_table]:%F %R} UTC")
        else:
            sync(source, table, warehouse_url, connection_of(source, find_connection))


def _load(
    source: Source,
    table: str,
    warehouse_url: str,
    connection: Connection,
    full: bool,
    pause: float,
    rows: list[Rows],
) -> list[str]:
    """Load; fill `rows` with what was read, and return what changed in the table's columns."""
    import dlt
    from dlt.extract import DltSource

    landing_table = f"{source.name}__{table}"
    declared = declared_tables(source.name, DBT_PROJECT)
    before = _columns(warehouse_url, landing_table)
    with (
        tempfile.TemporaryDirectory(prefix="sync-") as folder,
        closing(Rejected(warehouse_url, source.name)) as rejected,
    ):
        pipeline = _pipeline(landing_table, warehouse_url, folder)
        if not full:
            pipeline.sync_destination()
        _make_tables_of_others(warehouse_url, source, declared)
        resources = []
        for resource, changed_at in _resources(source, table, connection, pause):
            rows.append(_shape(resource, changed_at, source, declared, full, rejected))
            resources.append(resource)
        if not before:
            resources.append(_no_rows(landing_table, resources[0]))
        everything = DltSource(dlt.Schema(landing_table), source.name, resources)
        everything.max_table_nesting = 0
        pipeline.extract(everything)
        pipeline.normalize()
        rejected.write()
        with _one_at_a_time(warehouse_url):
            pipeline.load(raise_on_failed_jobs=True)
    return _changes(before, _columns(warehouse_url, landing_table))


def _pipeline(name: str, warehouse_url: str, folder: str) -> "Pipeline":
    """A pipeline without a past of its own: what it remembers is in the warehouse."""
    import dlt

    dlt.config["runtime.dlthub_telemetry"] = False
    dlt.config["data_writer.disable_compression"] = True
    logging.getLogger("dlt").setLevel(logging.CRITICAL)  # what fails is told in one sentence
    return dlt.pipeline(
        name,
        pipelines_dir=folder,
        destination=dlt.destinations.postgres(warehouse_url, create_indexes=False),
        dataset_name="landing",
    )


def _resources(
    source: Source, table: str, connection: Connection, pause: float
) -> "list[tuple[DltResource, str | None]]":
    """What fills a table, each with the column that tells when a row last changed, if one does."""
    if source.kind == "rest_api":
        from include.sync.rest_api import resources

        return resources(source, source.tables[table], connection, pause)
    raise NotImplementedError(source.kind)


def _shape(
    resource: "DltResource",
    changed_at: str | None,
    source: Source,
    declared: Declared,
    full: bool,
    rejected: Rejected,
) -> Rows:
    """Say where a resource's rows go, with which columns, and look at each on its way."""
    columns = resource.compute_table_schema()["columns"]
    key = [name for name, column in columns.items() if column.get("primary_key")]
    table = f"{source.name}__{resource.table_name}"
    types = declared.get(table, {})
    disposition: Any = {
        "disposition": "merge",
        # cdc also deletes the rows that did not come
        "strategy": "cdc" if full or changed_at is None else "upsert",
        "skip_unchanged_rows": True,
    }
    rows = Rows(
        key, types, changed_at, lambda row, because: rejected.add(resource.name, row, because)
    )
    resource.apply_hints(
        table_name=table,
        primary_key=key,
        columns={name: {"data_type": TYPES[type_]} for name, type_ in types.items()},
        write_disposition=disposition,
    )
    resource.add_yield_map(rows.check)
    return rows


def _no_rows(table: str, like: "DltResource") -> "DltResource":
    """A resource that brings no row, but the table with its declared columns: dbt reads them."""
    import dlt

    return dlt.resource(
        [dlt.mark.materialize_table_schema()],
        name="no_rows",
        table_name=table,
        write_disposition="append",
        columns=like.compute_table_schema()["columns"],
    )


def _make_tables_of_others(warehouse_url: str, source: Source, declared: Declared) -> None:
    """Make the declared tables that something else fills, if anything ever does: dbt reads them."""
    ours = {f"{source.name}__{table}" for table in (*source.tables, "rejected")}
    with closing(connect(warehouse_url)) as connection, connection, connection.cursor() as cursor:
        for table, types in declared.items():
            if table not in ours:
                columns = ", ".join(f'"{name}" {type_}' for name, type_ in types.items())
                cursor.execute("select pg_advisory_xact_lock(hashtext('landing'))")
                cursor.execute(f"create table if not exists landing.{table} ({columns})")


@contextmanager
def _one_at_a_time(warehouse_url: str) -> Iterator[None]:
    """Let loads of several tables into `landing` follow each other: they share dlt's own tables."""
    with closing(connect(warehouse_url)) as lock, lock.cursor() as cursor:
        lock.autocommit = True
        cursor.execute("select pg_advisory_lock(hashtext('landing'))")
        yield


def _columns(warehouse_url: str, table: str) -> set[str]:
    with closing(connect(warehouse_url)) as connection, connection.cursor() as cursor:
        cursor.execute(
            "select column_name from information_schema.columns"
            " where table_schema = 'landing' and table_name = %s",
            (table,),
        )
        return {str(name) for (name,) in cursor.fetchall()}


def _changes(before: set[str], after: set[str]) -> list[str]:
    """What is new in a table that was there before, in words."""
    told = []
    for column in sorted(after - before) if before else []:
        name, is_variant, type_ = column.partition("__v_")
        told.append(
            f"{name} came as {type_} too, in the column {column}"
            if is_variant
            else f"{column} is a new column"
        )
    return told
