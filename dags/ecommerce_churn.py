"""### Weekly churn report

Every Monday the shop's orders go through dbt in Postgres, churned customers are flagged, and the
report of the week before reaches the shop's Telegram channel.

* `get_shop_data` generates the demo shop, or loads a real shop's files into the schema `landing`
  (what `include/sources.yml` declares is brought there by the DAG `sync_sources`).
* `shop` is the first part of the dbt project, each model a task: seeds → staging → shop → facts.
* `fit_churn_model` learns from the orders before the week how customers come back and leave.
* `marts` is the rest of it: churn, predictions, what the report prints; then all data tests.
* `send_report` prints a few rows of the marts; without a connection `telegram` it writes a preview.

Only one run builds in a warehouse at a time: `get_shop_data` waits for its turn.

To report on an earlier week, trigger it with `as_of_date` set to the Monday after that week.
"""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from airflow.sdk import CronDataIntervalTimetable, Param, get_current_context, task
from airflow.sdk.definitions.callback import AsyncCallback
from airflow.sdk.definitions.deadline import DeadlineAlert, DeadlineReference

from include.airflow.task_turn import turn_is_over
from include.airflow.testable import DagWithDeadline
from include.alerts.callbacks import (
    churn_is_unusual,
    run_failed,
    run_is_late,
    sources_are_behind,
    task_failed,
)
from include.dbt.group import dbt_task_group
from include.dbt.selectors import FACTS
from include.settings import load_settings

SETTINGS = load_settings()
DEADLINE = DeadlineAlert(
    reference=DeadlineReference.DAGRUN_QUEUED_AT,
    # in seconds: of a timedelta Airflow 3.3 fails to clear a task (apache/airflow#70368)
    interval=60 * SETTINGS.report_deadline_minutes,  # type: ignore[arg-type]
    callback=AsyncCallback(run_is_late),
)

with DagWithDeadline(
    dag_id="ecommerce_churn",
    description="From raw shop data to the weekly churn report in Telegram",
    doc_md=__doc__,
    schedule=CronDataIntervalTimetable("0 8 * * 1", timezone=SETTINGS.shop_time_zone),
    start_date=datetime(2026, 1, 5, tzinfo=ZoneInfo(SETTINGS.shop_time_zone)),
    catchup=False,
    max_active_runs=1,
    max_active_tasks=4,  # most are processes that start, say a word and end
    dagrun_timeout=timedelta(hours=6),  # one that hangs would keep every later week from starting
    on_failure_callback=run_failed,
    deadline=DEADLINE,
    default_args={
        "owner": "retention",
        # minutes in all: as long as a restart of Postgres or of Airflow's API takes
        "retries": 3,
        "retry_delay": timedelta(seconds=30),
        "retry_exponential_backoff": True,
        "execution_timeout": timedelta(hours=1),
        "on_failure_callback": [task_failed, turn_is_over],
    },
    params={
        "as_of_date": Param(
            None,
            type=["null", "string"],
            title="As-of date",
            description="YYYY-MM-DD, or `latest` for the day after the last order;"
            " by default the end of the run's data interval.",
        ),
    },
    tags=["churn", "dbt", "telegram"],
) as dag:

    @task
    def get_shop_data() -> str:
        """Bring the data to where dbt reads it; return the as-of date of the run."""
        from include.airflow.as_of import as_of_run
        from include.airflow.task_errors import plain_failures
        from include.airflow.task_turn import wait_for_turn
        from include.connections import from_airflow
        from include.shop_data import get_shop_data
        from include.warehouse.connection import task_warehouse
        from include.warehouse.turn import in_turn

        context = get_current_context()
        with plain_failures():
            as_of = as_of_run(context, SETTINGS.shop_time_zone)
            warehouse = task_warehouse()
            wait_for_turn(context, warehouse)
            with in_turn(warehouse, context["run_id"]):
                get_shop_data(SETTINGS, warehouse, as_of, from_airflow)
            return str(as_of)

    @task
    def fit_churn_model() -> None:
        """Fit the models for the week, and a quarter earlier to see how good they were."""
        from contextlib import closing

        from include.airflow.task_errors import plain_failures
        from include.churn_model.store import fit_for_the_week
        from include.churn_model.summary import summary
        from include.warehouse.connection import task_warehouse
        from include.warehouse.turn import in_turn

        warehouse = task_warehouse()
        with (
            plain_failures(),
            in_turn(warehouse, get_current_context()["run_id"]),
            closing(warehouse.connect()) as connection,
        ):
            for fitted in fit_for_the_week(connection):
                print(summary(fitted))

    @task
    def send_report(as_of: str) -> str:
        """Send the report, or preview it; return in a line a chat what happened."""
        from include.airflow.as_of import AsOf
        from include.airflow.task_errors import plain_failures
        from include.connections import from_airflow
        from include.report.publish import publish_report
        from include.warehouse.connection import task_warehouse
        from include.warehouse.turn import end_turn, in_turn

        run_id = get_current_context()["run_id"]
        with plain_failures():
            warehouse = task_warehouse()
            with in_turn(warehouse, run_id):
                said = publish_report(
                    warehouse,
                    from_airflow("telegram"),
                    SETTINGS,
                    as_of=AsOf.parse(as_of),
                    run_id=run_id,
                )
            end_turn(warehouse, run_id)
        churn_is_unusual(SETTINGS, warehouse)
        sources_are_behind(SETTINGS, warehouse)
        return said

    as_of = get_shop_data()
    dbt_env = {"AS_OF_DATE": str(as_of)}
    shop = dbt_task_group("shop", SETTINGS.dbt_vars, dbt_env, select=FACTS, with_tests=False)
    marts = dbt_task_group("marts", SETTINGS.dbt_vars, dbt_env, exclude=FACTS)
    as_of >> shop >> fit_churn_model() >> marts >> send_report(as_of)  # type: ignore[arg-type]
