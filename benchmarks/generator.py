"""The demo shop's generator against jafgen, dbt's generator of the Jaffle Shop: orders a second.

Both as people call them, from the start of the command to the last CSV file: jafgen for two years,
about 275,000 orders (a year goes a fifth slower), ours for a million. The lines below are ours with
about as many orders as jafgen makes, and straight into Parquet.
"""

import os
import sys
from pathlib import Path

from pyarrow import parquet

from benchmarks.measure import Figure, Usage, by_turns, finish, run, scratch

JAFGEN = "jafgen==0.4.14"
CUSTOMERS, AS_MANY, RUNS = 200_000, 55_000, 3


def main() -> None:
    """Measure and compare."""
    with scratch() as folder:
        uv = os.environ.get("UV", "uv")
        run([uv, "venv", "--quiet", "--python", sys.executable, folder / "venv"])
        python = folder / "venv" / "bin" / "python"
        run([uv, "pip", "install", "--quiet", "--python", python, JAFGEN])
        rates = by_turns(
            RUNS,
            ours=lambda: ours(folder / "ours", CUSTOMERS)[0],
            jafgen=lambda: jafgen(folder),
            as_many=lambda: ours(folder / "as_many", AS_MANY)[0],
        )
        _, usage = ours(folder / "parquet", CUSTOMERS, "parquet")
        orders = parquet.read_metadata(folder / "parquet" / "raw_orders.parquet").num_rows
        items = parquet.read_metadata(folder / "parquet" / "raw_order_items.parquet").num_rows
    peer, unit = rates["jafgen"], "/s"
    finish(
        "generator",
        f"Orders a second; ours ({orders:,} orders with {items:,} items), and {JAFGEN}",
        [
            Figure("generator_vs_jafgen", rates["ours"] / peer, rates["ours"], peer, unit),
            Figure("as many as jafgen's", rates["as_many"] / peer, rates["as_many"], peer, unit),
            Figure("into Parquet", usage.seconds, usage.seconds),
            Figure("  peak memory", usage.peak_mb, usage.peak_mb, unit="MB"),
        ],
    )


def ours(folder: Path, customers: int, kind: str = "csv") -> tuple[float, Usage]:
    """Generate a shop: orders a second, and what it took."""
    usage = run(
        [
            *(sys.executable, "scripts/generate_seeds.py", "--customers", str(customers)),
            *("--format", kind, "--out", folder, "--truth", folder.with_name("truth.csv")),
        ]
    )
    rate = lines(folder / "raw_orders.csv") / usage.seconds if kind == "csv" else 0.0
    for file in folder.glob("*.csv"):
        file.unlink()  # what stays the same is not written again
    return rate, usage


def jafgen(folder: Path) -> float:
    """Generate two years of the Jaffle Shop: orders a second."""
    usage = run([folder / "venv" / "bin" / "jafgen", "2"], cwd=folder)
    return lines(folder / "jaffle-data" / "raw_orders.csv") / usage.seconds


def lines(path: Path) -> int:
    """Rows below the header of a file whose values hold no line breaks."""
    with path.open("rb") as file:
        return sum(1 for _ in file) - 1


if __name__ == "__main__":
    main()
