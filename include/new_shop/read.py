"""The files of a folder as one export: those of one kind, or orders and their lines."""

from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from include.errors import UserError
from include.new_shop.export import Export
from include.new_shop.propose import propose
from include.warehouse.declared import Reader, Table
from include.warehouse.files import data_files, open_file
from include.warehouse.readable import as_text

OF_LINES = {"article", "article_name"}


def read_export(folder: Path, pattern: str = "*", sheet: str | None = None) -> Export:
    """Read the files of a folder whose names fit a pattern.

    They have the same columns, or are of orders and of lines. Of a workbook the first sheet is
    read, or those whose names fit another pattern.
    """
    paths = [path for path in data_files(folder) if fnmatchcase(path.name, pattern)]
    if not paths:
        raise UserError(f"{folder} has no data file {pattern!r}: give a name or a pattern of it.")
    kinds: dict[tuple[str, ...], Export] = {}
    for path in paths:
        one = _read(path, sheet)
        before = kinds.get(tuple(one.columns))
        kinds[tuple(one.columns)] = _below(before, one) if before else one
    for export in kinds.values():
        if not export.rows.num_rows:
            raise UserError(f"{export.files[0]} holds no rows: export it again, with its data.")
    first, *others = kinds.values()
    if not others:
        return first
    if len(others) > 1 or not (whole := _orders_and_lines(first, others[0])):
        raise UserError(
            f"{first.files[0]} and {others[0].files[0]} have different columns, and do not seem to"
            " be orders and their lines: name what is to be read by --file, or have the models"
            " written by hand, as docs/your-shop.md shows."
        )
    return whole


def _read(path: Path, sheet: str | None) -> Export:
    file = open_file(path, Table(reader=Reader(sheet=sheet)))
    rows = _as_texts(pa.Table.from_batches(file.batches, file.schema))
    typed = {one.name for one in file.schema if not pa.types.is_string(one.type)}
    return Export([path.name], rows, list(file.told), typed)


def _as_texts(table: pa.Table) -> pa.Table:
    columns = []
    for column in table.columns:
        texts = pc.utf8_trim_whitespace(
            pa.chunked_array([as_text(chunk) for chunk in column.chunks], pa.string())
        )
        columns.append(pc.if_else(pc.equal(texts, ""), None, texts))
    return pa.table(columns, names=table.column_names)


def _below(one: Export, other: Export) -> Export:
    return Export(
        one.files + other.files,
        pa.concat_tables([one.rows, other.rows]),
        one.told + other.told,
        one.typed | other.typed,
    )


def _orders_and_lines(one: Export, other: Export) -> Export | None:
    """Lines beside what a file of orders tells of each, and orders without lines; else None."""
    found = [propose(one), propose(other)]
    are_lines = [bool(OF_LINES & parts.keys()) for parts in found]
    if are_lines.count(True) != 1:
        return None
    place = are_lines.index(True)
    lines, orders = (one, other)[place], (one, other)[1 - place]
    of_line = found[place].get("order")
    of_order = of_line and _with_the_same(orders, {*lines.values(of_line)})
    if not of_line or not of_order:
        return None
    keys = orders.rows[of_order].to_pylist()
    first = {key: place for place, key in reversed([*enumerate(keys)])}
    keys_of_lines = lines.rows[of_line].to_pylist()
    without_lines = [first[key] for key in first.keys() - {*keys_of_lines}]
    places = [first.get(key) for key in keys_of_lines] + without_lines
    nothing = pa.nulls(len(without_lines), pa.string())
    columns = {
        name: pa.concat_arrays([*lines.rows[name].chunks, nothing]) for name in lines.columns
    }
    columns[of_line] = pa.array(keys_of_lines + [keys[place] for place in without_lines])
    called = {
        f"{name} ({orders.files[0]})" if name in columns else name: name
        for name in orders.columns
        if name != of_order
    }
    beside = orders.rows.take(pa.array(places, pa.int64()))
    columns |= {name: beside[header] for name, header in called.items()}
    return replace(
        lines,
        files=lines.files + orders.files,
        rows=pa.table(columns),
        told=lines.told + orders.told,
        typed=lines.typed | {name for name, header in called.items() if header in orders.typed},
        of_orders={**called, of_line: of_order},
    )


def _with_the_same(orders: Export, keys: set[str]) -> str | None:
    """The column that has most of the keys of lines, and half of them at least."""
    shared = {column: len(keys.intersection(orders.values(column))) for column in orders.columns}
    most = max(shared, key=lambda column: shared[column])
    return most if shared[most] * 2 >= len(keys) else None
