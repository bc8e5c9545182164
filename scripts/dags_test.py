"""`airflow dags test` for `make demo`, which starts it while dbt still parses the project.

Airflow's imports and the API that its tasks speak to take as long as that parse, and need nothing
of it. The command itself begins with the first line on stdin, and does not where stdin ends.
"""

import sys
from contextlib import suppress

from airflow.__main__ import main


def warm_up() -> None:
    """Make the API of Airflow's own process answer once, which it takes four seconds to learn.

    The first task would do it otherwise, so whatever a new release of Airflow moves may be missing.
    """
    with suppress(Exception):
        import cosmos  # noqa: F401
        import httpx
        from airflow.sdk.execution_time.supervisor import in_process_api_server

        api = in_process_api_server()
        httpx.Client(transport=api.transport, base_url="http://in-process").get("/health")


if __name__ == "__main__":
    warm_up()
    if sys.stdin.readline():
        sys.argv = ["airflow", "dags", "test", *sys.argv[1:]]
        main()  # type: ignore[no-untyped-call]
