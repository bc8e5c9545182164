"""One table of a declared source, from where it is to `landing`: only what changed, each row once.

dlt does it: rows to files, files to a staging table, MERGE by key. What it has to remember for the
next load is written in the warehouse, and counts only when all of the load is there: a load that
dies leaves the table as it was, and the next one does its work.
"""

import logging
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from itertools import chain
from typing import TYPE_CHECKING, Any

from include.connections import Connection
from include.paths import DBT_PROJECT
from include.schemas import schema
from include.settings import load_settings
from include.sync.api import explain
from include.sync.flat import flat, is_flat
from include.sync.loads import Brought, Load, last_loaded_at, note
from include.sync.rejected import Rejected
from include.sync.rows import Rows, Stream
from include.sync.sources import Source, connection_of
from include.warehouse.bookkeeping import prepare, pseudonym_key
from include.warehouse.connection import Warehouse
from include.warehouse.declared import FILE, Declared, Table, declared_tables
from include.warehouse.locks import LOAD_BY_DLT, lock

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
HINTS_OF_TYPES = ("data_type", "precision", "scale", "timezone")


def sync(
    source: Source,
    table: str,
    warehouse: Warehouse,
    connection: Connection,
    *,
    run_id: str | None = None,
    full: bool = False,
    pause: float = 1.0,
    say: Callable[[str], None] = print,
) -> list[Load]:
    """Bring a table of a source up to date, and note how that went in `ops.loads`.

    Args:
        source: as it is declared.
        table: one of `source.tables`; `landing.<source>__<table>` is what it fills, and the tables
            of the resources that hang on it.
        warehouse: where that table is.
        connection: the Airflow connection of the source.
        run_id: of Airflow, where it is a run of the DAG.
        full: read all of it, not just what changed; what is not there any more is deleted.
        pause: seconds before a failed request is sent again.
        say: gets a line a table when it is done.

    Returns a load a table. Raises UserError with what is to be done; TryAgainError where the next
    load may just work.
    """
    began, started_at = time.monotonic(), datetime.now(UTC)
    try:
        if source.kind == "files":
            filled = _load_files(source, table, warehouse, connection, full)
        else:
            filled = _load(source, table, warehouse, connection, full, pause)
    except Exception as error:
        first_token = str(connection.extra.get("refresh_token", ""))
        secrets = (connection.password or "", first_token, warehouse.url)
        told = explain(source.name, error, secrets)
        seconds = time.monotonic() - began
        failed = Load(source.name, f"{source.name}__{table}", run_id, started_at, seconds)
        note(warehouse, replace(failed, is_loaded=False, message=str(told)))
        raise told from error
    seconds = time.monotonic() - began
    loads = []
    for landing_table, brought in filled.items():
        load = Load(
            source.name,
            landing_table,
            run_id,
            started_at,
            seconds,
            rows=brought.rows,
            rejected=brought.rejected,
            newest_at=brought.newest_at,
            schema_changes=brought.changes,
        )
        note(warehouse, load)
        loads.append(load)
        rejected = f", {load.rejected:,} rejected" if load.rejected else ""
        called = f"{schema('landing')}.{landing_table}"
        say(f"{called}: {load.rows:,} rows{rejected} in {load.seconds:.1f} s")
        for change in brought.changes:
            say(f"{called}: {change}")
    return loads


def sync_what_is_missing(
    source: Source, warehouse: Warehouse, find_connection: Callable[[str], Connection | None]
) -> None:
    """Load the tables of a source that never were, and say how old the others are."""
    loaded_at = last_loaded_at(warehouse, source.name)
    for table in source.tables:
        landing_table = f"{source.name}__{table}"
        if landing_table in loaded_at:
            called = f"{schema('landing')}.{landing_table}"
            print(f"{called}: last loaded at {loaded_at[landing_table]:%F %R} UTC")
        else:
            sync(source, table, warehouse, connection_of(source, find_connection))


def _load(
    source: Source,
    table: str,
    warehouse: Warehouse,
    connection: Connection,
    full: bool,
    pause: float,
) -> dict[str, Brought]:
    """Load by dlt; return what came into each table."""
    import dlt
    from dlt.extract import DltSource

    name = f"{source.name}__{table}"
    declared = _declared(source)
    rows: dict[str, Rows] = {}
    told: dict[str, list[Sequence[str]]] = defaultdict(list)
    before: dict[str, dict[str, str]] = {}
    resources: list[DltResource] = []
    with (
        tempfile.TemporaryDirectory(prefix="sync-") as folder,
        closing(Rejected(warehouse, source.name)) as rejected,
    ):
        with closing(warehouse.connect()) as database:
            prepare(database, "landing", "landing_staging", "ops")  # dlt's own are no race's
            key = pseudonym_key(database)
        pipeline = _pipeline(name, warehouse, folder)
        pipeline.sync_destination()
        if full:
            with pipeline.managed_state() as state:
                state["sources"] = {}
        for stream in _streams(source, table, connection, warehouse, pause):
            fills = f"{source.name}__{stream.resource.table_name}"
            into = declared.get(fills, Table())
            types = into.types
            if is_flat(into):
                stream.resource.add_map(flat(into, key))
            if fills not in rows:
                before[fills] = _columns(warehouse, fills)
                rows[fills] = Rows(before[fills] | types, rejected.add)
            told[fills].append(stream.told)
            stream.resource.add_filter(rows[fills].check(stream))
            _shape(stream, fills, types, full)
            _keep_types(stream, pipeline)
            resources.append(stream.resource)
        empty = [
            _no_rows(like, is_new="_dlt_id" not in before[str(like.table_name)])
            for like in resources
            if source.kind == "database"
        ]
        everything = DltSource(dlt.Schema(name), source.name, resources + empty)
        everything.max_table_nesting = 0
        pipeline.extract(everything)
        pipeline.normalize()
        rejected.write()
        with _one_at_a_time(warehouse):
            pipeline.load(raise_on_failed_jobs=True)
    others = {f"{source.name}__{one}" for one in (*source.tables, "rejected")} - rows.keys()
    _make_missing_tables(
        warehouse, {name: types for name, types in declared.items() if name not in others}
    )
    return {
        fills: Brought(
            one.count,
            one.rejected,
            one.newest,
            (*_changes(before[fills], _columns(warehouse, fills)), *chain(*told[fills])),
        )
        for fills, one in rows.items()
    }


def _load_files(
    source: Source, table: str, warehouse: Warehouse, connection: Connection, full: bool
) -> dict[str, Brought]:
    """Load by COPY."""
    from include.sync.files import load_folder

    name = f"{source.name}__{table}"
    declared = _declared(source).get(name, Table())
    may_shrink = load_settings().shop_data_may_shrink
    return {name: load_folder(source, table, warehouse, connection, declared, full, may_shrink)}


def _declared(source: Source) -> Declared:
    """The tables and typed columns that dbt reads; none of a source without models yet."""
    name = source.name
    path = DBT_PROJECT / "models" / "staging" / name / f"_{name}__sources.yml"
    return declared_tables(name, DBT_PROJECT) if path.exists() else {}


def _pipeline(name: str, warehouse: Warehouse, folder: str) -> "Pipeline":
    """A pipeline without a past of its own: what it remembers is in the warehouse."""
    import dlt

    dlt.config["runtime.dlthub_telemetry"] = False
    dlt.config["data_writer.disable_compression"] = True
    logging.getLogger("dlt").setLevel(logging.CRITICAL)  # what fails is told in one sentence
    return dlt.pipeline(
        name,
        pipelines_dir=folder,
        destination=dlt.destinations.postgres(warehouse.url, create_indexes=False),
        dataset_name=schema("landing"),
    )


def _streams(
    source: Source, table: str, connection: Connection, warehouse: Warehouse, pause: float
) -> list[Stream]:
    """What fills a table."""
    if source.kind == "rest_api":
        from include.sync.rest_api import streams

        return streams(source, source.tables[table], connection, warehouse, pause)
    if source.kind == "shopify_orders":
        from include.sync.shopify import streams as orders

        return orders(source, connection, pause)
    from include.sync.database import streams as tables

    return tables(source, source.tables[table], connection)


def _shape(stream: Stream, table: str, types: dict[str, str], full: bool) -> None:
    """Say where a resource's rows go, with which columns, and what becomes of those there."""
    disposition: Any = {"disposition": "merge", "strategy": "upsert", "skip_unchanged_rows": True}
    if (full and stream.sees_all) or stream.changed_at is None:
        disposition["strategy"] = "cdc"  # also deletes the rows that did not come
    elif stream.parent_key:
        disposition = {"disposition": "merge", "strategy": "delete-insert", "deduplicated": True}
    stream.resource.apply_hints(
        table_name=table,
        merge_key=stream.parent_key or None,
        # an empty one would take away what the resource knows itself
        columns={name: {"data_type": TYPES[type_]} for name, type_ in types.items()} or None,
        write_disposition=disposition,
    )


def _keep_types(stream: Stream, pipeline: "Pipeline") -> None:
    """Let columns that are there already keep their types: other values go to variants."""
    if pipeline.first_run:
        return
    tables: Any = pipeline.default_schema.tables
    there = tables.get(stream.resource.table_name, {"columns": {}})["columns"]
    hints: Any = {
        name: {hint: value for hint, value in there[name].items() if hint in HINTS_OF_TYPES}
        for name in stream.resource.compute_table_schema()["columns"]
        if name in there
    }
    stream.resource.apply_hints(columns=hints or None)


def _no_rows(like: "DltResource", is_new: bool) -> "DltResource":
    """A resource without rows: a database's empty table is one, an API's may be an oversight."""
    import dlt

    return dlt.resource(
        [dlt.mark.materialize_table_schema()],
        name=f"{like.name}_without_rows",
        table_name=str(like.table_name),
        # merging into a new table, dlt would want the key of the row that is not there
        write_disposition="append" if is_new else like.write_disposition,
        columns=like.compute_table_schema()["columns"],
    )


def _make_missing_tables(warehouse: Warehouse, declared: Declared) -> None:
    """Make tables that dbt reads and that no row came for, or that something else may fill."""
    tables = {}
    for table, one in declared.items():
        if one.reader.refused:
            continue
        columns = one.types | ({FILE: "text"} if one.reader.newest_per else {})
        tables[f"{schema('landing')}.{table}"] = ", ".join(
            f'"{name}" {type_}' for name, type_ in columns.items()
        )
    with closing(warehouse.connect()) as connection:
        prepare(connection, "landing", tables=tables)


@contextmanager
def _one_at_a_time(warehouse: Warehouse) -> Iterator[None]:
    """Let loads of several tables into `landing` follow each other: they share dlt's own tables."""
    with (
        closing(warehouse.connect()) as connection,
        connection,
        connection.cursor() as cursor,
    ):
        lock(cursor, LOAD_BY_DLT)
        yield


def _columns(warehouse: Warehouse, table: str) -> dict[str, str]:
    """Column → its type, of a table in `landing`; none where it is not there."""
    with closing(warehouse.connect()) as connection, connection.cursor() as cursor:
        cursor.execute(
            "select column_name, data_type from information_schema.columns"
            " where table_schema = %s and table_name = %s",
            (schema("landing"), table),
        )
        return dict(cursor.fetchall())


def _changes(before: dict[str, str], after: dict[str, str]) -> tuple[str, ...]:
    """What is new in a table into which rows were loaded before, in words."""
    told = []
    for column in sorted(after.keys() - before) if "_dlt_id" in before else []:
        name, is_variant, type_ = column.partition("__v_")
        told.append(
            f"{name} came as {type_} too, in the column {column}"
            if is_variant
            else f"{column} is a new column"
        )
    return tuple(told)
