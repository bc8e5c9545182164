"""Ten million orders beside a million, both the way that benchmarks/million.py goes."""

import os

from benchmarks.measure import Figure, finish, peak_memory, postgres, scratch
from benchmarks.million import CUSTOMERS, LOOK_EVERY, query, server, weekly_run
from include.shop_data import DEMO_AS_OF


def main() -> None:
    """A million orders, then ten, each in a warehouse of its own."""
    with scratch() as folder:
        with postgres() as url:
            million = weekly_run(url, CUSTOMERS, DEMO_AS_OF, folder)
        with postgres() as url:
            with peak_memory(os.getpid(), server(url), every=LOOK_EVERY) as peak:
                whole = weekly_run(url, 10 * CUSTOMERS, DEMO_AS_OF, folder)
            peak_mb = peak() / 2**20
            [orders] = query(url, "select count(*) from marts.fct_orders")
            [size] = query(url, "select pg_database_size(current_database())")
    finish(
        "ten_million",
        f"{orders:,} orders, from files to the report (peer: a tenth of them)",
        [
            Figure("ten_million_growth", whole / million, whole, million),
            Figure("ten_million_peak_mb", peak_mb, peak_mb, unit="MB"),
            Figure("ten_million_warehouse_gb", size / 2**30, size / 2**30, unit="GB"),
        ],
    )


if __name__ == "__main__":
    main()
