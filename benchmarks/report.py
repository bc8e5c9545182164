"""The report, from the start of its process until it is in the chat.

What the task `send_report` does, in a Python process of its own with all its imports: read the
marts of the demo shop, draw, word, send to a server that answers like Telegram, look whether churn
is unusual. The second line has the DAG file parsed first, as Airflow does before it runs a task.
"""

import json
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from benchmarks.measure import Figure, by_turns, finish, postgres, run, scratch
from include.churn_model.store import fit_for_the_week
from include.dbt.selectors import FACTS
from include.paths import DBT_PROJECT, PROJECT
from include.warehouse.connection import Warehouse
from tests.support.fake_telegram import FakeTelegram, fake_telegram

RUNS = 5
TOKEN, CHAT = "123456789:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsawE", "-1001234567890"

TASK = """
from include.alerts.callbacks import churn_is_unusual
from include.connections import from_environment
from include.report.publish import publish_report
from include.settings import load_settings
from include.warehouse.connection import find_warehouse

settings = load_settings()
print(publish_report(find_warehouse(), from_environment("telegram"), settings, force=True))
churn_is_unusual(settings, find_warehouse())
"""
PARSE = "import runpy; runpy.run_path('dags/ecommerce_churn.py')\n"


def main() -> None:
    """Build the demo shop's marts, then send their report again and again."""
    with scratch() as folder, postgres() as url, fake_telegram(TOKEN, CHAT) as server:
        build_marts(url, folder)
        telegram = {"conn_type": "telegram", "password": TOKEN, "host": CHAT}
        env = {
            "AIRFLOW_HOME": str(folder),
            "AIRFLOW_CONN_WAREHOUSE": url,
            "AIRFLOW_CONN_TELEGRAM": json.dumps(telegram),
            "TELEGRAM_API_URL": server.url,
        }
        times = by_turns(
            RUNS,
            report=sender(server, TASK, env),
            with_parsing=sender(server, PARSE + TASK, env),
        )
    finish(
        "report",
        "The report of the demo shop, from the start of the process to the chat",
        [
            Figure("report_seconds", times["report"], times["report"]),
            Figure("DAG file parsed first", times["with_parsing"], times["with_parsing"]),
        ],
    )


def build_marts(url: str, folder: Path) -> None:
    """What the weekly run does before the report, on the seeds as they are committed."""
    env = Warehouse(url).as_environment() | {"DBT_TARGET_PATH": str(folder / "target")}
    dbt = (Path(sys.executable).with_name("dbt"), "build")
    options = (
        *("--project-dir", DBT_PROJECT, "--profiles-dir", DBT_PROJECT),
        *("--exclude-resource-type", "test", "unit_test"),
    )
    run([*dbt, *options, "--select", *FACTS], env=env)
    with closing(Warehouse(url).connect()) as connection:
        fit_for_the_week(connection)
    run([*dbt, *options, "--exclude", *FACTS], env=env)
    if not (DBT_PROJECT / "target" / "manifest.json").exists():  # the DAG's graph
        run([dbt[0], "parse", *options[:4]])


def sender(server: FakeTelegram, code: str, env: dict[str, str]) -> Callable[[], float]:
    """A call that sends the report from a new process and returns the seconds it took."""

    def send() -> float:
        before = len(server.delivered)
        usage = run([sys.executable, "-c", code], cwd=PROJECT, env=env)
        if len(server.delivered) == before:
            raise SystemExit(f"Nothing was sent: {usage.output}")
        return usage.seconds

    return send


if __name__ == "__main__":
    main()
