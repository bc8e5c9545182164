"""A hundred thousand deals of Pipedrive into `landing`, and again when few of them changed.

The CRM is the tests' fake, in a process of its own whose time and memory do not count; what it
shows is as large as what the real one does. The loader is `scripts/sync_sources.py` as people run
it, but for the deals alone.
"""

import json
import sys

from benchmarks.measure import Figure, finish, postgres, run
from tests.support import fake_pipedrive
from tests.support.fake_crm import in_own_process

DEALS = 100_000
LOAD = """
from include.connections import from_environment
from include.sync.sources import connection_of, declared_sources
from include.sync.sync import sync
from include.warehouse.connection import find_warehouse

pipedrive = declared_sources()["pipedrive"]
sync(pipedrive, "deals", find_warehouse(), connection_of(pipedrive, from_environment))
"""


def main() -> None:
    """Measure."""
    serving = in_own_process(fake_pipedrive.fake_pipedrive, fake_pipedrive.fill, DEALS)
    with postgres() as url, serving as api:
        token = fake_pipedrive.TOKEN
        env = {
            "AIRFLOW_CONN_WAREHOUSE": url,
            "AIRFLOW_CONN_PIPEDRIVE": json.dumps(
                {"conn_type": "http", "host": api, "password": token}
            ),
        }
        first, again = (run([sys.executable, "-c", LOAD], env=env) for _ in range(2))
    print(first.output, again.output)
    figures = [
        Figure("crm_deals_seconds", first.seconds, first.seconds),
        Figure("crm_peak_mb", first.peak_mb, first.peak_mb, unit="MB"),
        Figure("  of the processor", first.cpu_seconds, first.cpu_seconds),
        Figure("  again, nothing new", again.seconds, again.seconds),
    ]
    finish("crm", f"{DEALS:,} deals of Pipedrive into landing", figures)


if __name__ == "__main__":
    main()
