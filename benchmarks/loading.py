"""Loading files into `landing`: our loader against `\\copy` of psql, and its memory on large files.

The file is one of invoice lines, as the source uci_online_retail has them. `\\copy` writes the same
rows into a table of the same types, made in the same transaction, which is the fastest it can be.
Ours also checks the file and the formats of its columns, gathers statistics, and swaps the tables.
"""

import shutil
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv, parquet

from benchmarks.measure import Figure, by_turns, finish, postgres, run, scratch, seconds
from include.paths import DBT_PROJECT
from include.warehouse.connection import Warehouse
from include.warehouse.load_files import load_files

ROWS, RUNS = 1_000_000, 5
LARGE = 2 * 2**30  # bytes of CSV
SOURCE, TABLE = "uci_online_retail", "uci_online_retail__online_retail"


def main() -> None:
    """Measure and compare."""
    figures = []
    with scratch() as folder, postgres() as url:
        for kind, name in (("csv", "load_vs_copy"), ("parquet", "parquet vs copy")):
            write(folder / kind / f"lines.{kind}", ROWS)
            load(url, folder / kind)  # makes the table whose types `\copy` takes
            typed = folder / "csv" / "lines.csv"
            times = by_turns(
                RUNS,
                ours=lambda kind=kind: seconds(lambda: load(url, folder / kind)),  # type: ignore[misc]
                copy=lambda typed=typed: seconds(lambda: copy(url, typed)),  # type: ignore[misc]
            )
            if checksum(url, f"landing.{TABLE}") != checksum(url, "copied"):
                raise SystemExit("The two did not load the same rows.")
            figures.append(
                Figure(name, times["ours"] / times["copy"], times["ours"], times["copy"])
            )
        for kind in ("csv", "parquet"):
            path = folder / f"large_{kind}" / f"lines.{kind}"
            rows = write(path, large_rows(folder / "csv" / "lines.csv"))
            print(f"  {rows:,} rows, {path.stat().st_size / 2**30:.2f} GB of {kind}", flush=True)
            usage = run(
                [
                    sys.executable,
                    "scripts/load_files.py",
                    "--source",
                    SOURCE,
                    "--data",
                    path.parent,
                ],
                env={"AIRFLOW_CONN_WAREHOUSE": url},
            )
            shutil.rmtree(path.parent)
            figures.append(
                Figure(f"{kind} of {rows / 1e6:.0f}m rows", usage.seconds, usage.seconds)
            )
            figures.append(Figure("  peak memory", usage.peak_mb, usage.peak_mb, unit="MB"))
    finish("loading", f"{ROWS:,} invoice lines into landing; ours, and \\copy of psql", figures)


def batches(rows: int) -> Iterator[pa.RecordBatch]:
    """Invoice lines in pieces of bounded size: quoted text, empty cells, every type."""
    for first in range(0, rows, ROWS):
        number = np.arange(first, min(first + ROWS, rows))
        name = pa.array(
            ["WHITE HANGING HEART T-LIGHT HOLDER", 'SIGN "HOME", SMALL', "POTE DE CHÁ, 2 PEÇAS", ""]
        )
        customer = pa.array(12_000 + number % 6_000, mask=number % 4 == 0)
        yield pa.record_batch(
            {
                "InvoiceNo": pc.cast(pa.array(536_365 + number // 20), pa.string()),
                "StockCode": pc.cast(pa.array(10_000 + number * 7 % 70_000), pa.string()),
                "Description": pc.if_else(
                    pa.array(number % 97 == 0), None, name.take(pa.array(number % 3))
                ),
                "Quantity": pa.array(1 + number % 12, pa.int32()),
                "InvoiceDate": pa.array(1_291_191_960 + number, pa.timestamp("s")),
                "UnitPrice": pa.array((number % 5_000 + 1) / 100),
                "CustomerID": customer,
                "Country": pa.array(["United Kingdom", "Portugal"]).take(pa.array(number % 2)),
            }
        )


def write(path: Path, rows: int) -> int:
    """Write invoice lines, a piece at a time; return their number."""
    path.parent.mkdir()
    pieces = batches(rows)
    first = next(pieces)
    writer = csv.CSVWriter if path.suffix == ".csv" else parquet.ParquetWriter
    with writer(path, first.schema) as file:
        file.write_batch(first)
        for piece in pieces:
            file.write_batch(piece)
    return rows


def large_rows(sample: Path) -> int:
    """How many rows make a large file, by one of ROWS rows."""
    return -(-LARGE * ROWS // sample.stat().st_size // ROWS) * ROWS


def load(url: str, folder: Path) -> None:
    load_files(Warehouse(url), SOURCE, folder, DBT_PROJECT, lambda _: None)


def copy(url: str, path: Path) -> None:
    """Load a CSV file with psql into a new table `copied` with the columns of ours."""
    run(
        [
            *("psql", url, "--quiet", "--no-psqlrc", "--set", "ON_ERROR_STOP=1"),
            *("-c", "drop table if exists copied", "-c", "begin"),
            *("-c", f"create table copied (like landing.{TABLE})"),
            *("-c", rf"\copy copied from '{path}' with (format csv, header)", "-c", "commit"),
        ]
    )


def checksum(url: str, table: str) -> object:
    """The number of rows, and a sum that hangs on all of them."""
    with closing(Warehouse(url).connect()) as connection, connection.cursor() as cursor:
        query = "select count(*), sum(cast(hashtextextended(t::text, 0) as numeric)) from {} as t"
        cursor.execute(query.format(table))
        return cursor.fetchone()


if __name__ == "__main__":
    main()
