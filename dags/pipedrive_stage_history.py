"""### Stage history of Pipedrive's deals

On demand: reads how the deals of a range of days went from stage to stage, within a daily budget of
Pipedrive's tokens. When that is spent the task waits until the next day, UTC, and goes on where it
stopped; deals that were read are not read again unless they changed. One run at a time spends
tokens: another waits until it has ended.
"""

from datetime import UTC, datetime, timedelta

from airflow.sdk import DAG, Param, get_current_context, task

from include.alerts.callbacks import run_failed, task_failed

with DAG(
    dag_id="pipedrive_stage_history",
    description="How Pipedrive's deals went from stage to stage, within a daily budget",
    doc_md=__doc__,
    schedule=None,
    catchup=False,
    max_active_runs=1,
    on_failure_callback=run_failed,
    default_args={
        "owner": "retention",
        "retries": 3,
        "retry_delay": timedelta(minutes=1),
        "retry_exponential_backoff": True,
        "execution_timeout": timedelta(hours=6),  # of a day's part; how many days it takes is open
        "on_failure_callback": task_failed,
    },
    params={
        "since": Param("2020-01-01", type="string", format="date", title="First day, UTC"),
        "until": Param(
            None,
            type=["null", "string"],
            format="date",
            title="Last day, UTC",
            description="Included; today by default.",
        ),
        "daily_budget": Param(
            10_000,
            type="integer",
            minimum=20,
            title="Daily budget",
            description="Tokens to spend a day; a deal costs 20 or more. Pipedrive grants 30,000"
            " a day times the plan's factor times the seats, and other apps need some, too.",
        ),
    },
    tags=["crm", "landing"],
) as dag:

    @task
    def load_stage_history() -> None:
        """Read deals until all are read, or wait for the next day's budget."""
        from datetime import date

        from airflow.sdk.exceptions import AirflowRescheduleException

        from include.airflow.task_errors import plain_failures
        from include.connections import from_airflow
        from include.sync.sources import connection_of, declared_sources
        from include.sync.stage_history import load_stage_history
        from include.warehouse.connection import task_warehouse

        params = get_current_context()["params"]
        today = datetime.now(UTC).date()
        pipedrive = declared_sources()["pipedrive"]
        with plain_failures():
            is_done = load_stage_history(
                pipedrive,
                task_warehouse(),
                connection_of(pipedrive, from_airflow),
                date.fromisoformat(params["since"]),
                date.fromisoformat(params["until"]) if params["until"] else today,
                params["daily_budget"],
            )
        if not is_done:
            tomorrow = datetime.combine(today + timedelta(days=1), datetime.min.time(), UTC)
            raise AirflowRescheduleException(tomorrow)  # type: ignore[no-untyped-call]

    load_stage_history()
