"""Reading Parquet: typed columns, in batches as they are stored."""

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa

from include.errors import UserError
from include.warehouse.data_file import DataFile, check_names
from include.warehouse.declared import Table


def open_parquet(path: Path, table: Table) -> DataFile:
    """Open a file; its columns have types that Postgres can hold."""
    from pyarrow import parquet

    broken = UserError(f"{path.name} is not a readable Parquet file: copy or export it again.")
    try:
        file = parquet.ParquetFile(path, page_checksum_verification=True)
        stored = file.schema_arrow
    except (pa.ArrowException, OSError) as error:
        raise broken from error
    check_names(path, stored.names)
    names = table.landed(stored.names)
    schema = pa.schema(
        [
            (name, _plain_type(path, name, field.type))
            for name, field in zip(names, stored, strict=True)
        ]
    )

    def batches() -> Iterator[pa.RecordBatch]:
        try:
            for stored_batch in file.iter_batches():
                batch = stored_batch.rename_columns(names)
                yield batch if batch.schema.equals(schema) else batch.cast(schema)
        except (pa.ArrowException, OSError) as error:
            raise broken from error

    return DataFile(path, table, schema, batches(), row_number=lambda place: place + 1)


def _plain_type(path: Path, column: str, kind: pa.DataType) -> pa.DataType:
    """The type a column is read as: its own, or one that Postgres can hold without loss."""
    if pa.types.is_list(kind):
        return pa.list_(_plain_type(path, column, kind.value_type))
    if pa.types.is_nested(kind):
        raise UserError(
            f"Column {column!r} of {path.name} is nested ({kind}): write its parts as columns of"
            " their own."
        )
    if pa.types.is_uint64(kind):
        return pa.decimal128(20)  # more than Postgres' bigint holds
    if pa.types.is_decimal32(kind) or pa.types.is_decimal64(kind):
        return pa.decimal128(kind.precision, kind.scale)
    if pa.types.is_date64(kind):
        return pa.date32()
    return kind
