"""### Shop systems, CRMs, databases and folders → `landing`

Every night what changed in the sources that `include/sources.yml` declares comes into the schema
`landing`, for each of them that `SHOP_SOURCES` names. A group a source, a task a table; a source
that fails stops its own group only.

* What each load brought, and how it went, is in the table `ops.loads`.
* A source of which a table could not be loaded in three runs in a row is paused: its tasks are
  skipped until somebody triggers this DAG by hand and it works again. An alert says so, and so does
  the weekly report, with one more alert each week.
* Triggered with `full`, everything is read anew, and what is not there any more is deleted.

Where no active source is declared there is no task. The last task of a group tells of the asset
`landing/<source>`, which another DAG can wait for.
"""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from airflow.sdk import DAG, Asset, Param, TaskGroup, chain, get_current_context, task

from include.alerts.callbacks import run_failed, source_is_paused, task_failed
from include.settings import load_settings
from include.sync.sources import active_sources

SETTINGS = load_settings()
SOURCES = active_sources(SETTINGS)


@task
def load(source_name: str, table: str) -> str:
    """Bring one table up to date."""
    from airflow.sdk.exceptions import AirflowSkipException

    from include.airflow.task_errors import plain_failures
    from include.connections import from_airflow
    from include.sync.loads import paused_because
    from include.sync.sources import connection_of, declared_sources
    from include.sync.sync import sync
    from include.warehouse.connection import task_warehouse

    context = get_current_context()
    source = declared_sources()[source_name]
    connection = from_airflow(source.name)
    if connection is None and source.may_be_files:
        raise AirflowSkipException(
            f"There is no connection {source.name!r}: its exports come with the weekly run."
        )
    with plain_failures():
        warehouse = task_warehouse()
        because = paused_because(warehouse, source.name, before_run=context["run_id"])
        if because and context["dag_run"].run_type == "scheduled":
            source_is_paused(context)
            raise AirflowSkipException(
                f"{source.name} is paused, because it failed again and again: {because} Trigger"
                " this DAG by hand to try again."
            )
        loads = sync(
            source,
            table,
            warehouse,
            connection_of(source, lambda _: connection),
            run_id=context["run_id"],
            full=context["params"]["full"],
        )
    return ", ".join(f"{one.table}: {one.rows:,} rows" for one in loads)


with DAG(
    dag_id="sync_sources",
    description="What changed in shops, CRMs, databases and folders, into the schema landing",
    doc_md=__doc__,
    schedule="0 4 * * *" if SOURCES else None,
    start_date=datetime(2026, 1, 5, tzinfo=ZoneInfo(SETTINGS.shop_time_zone)),
    catchup=False,
    max_active_runs=1,
    max_active_tasks=4,
    dagrun_timeout=timedelta(hours=20),  # a night that hangs leaves the next one its turn
    on_failure_callback=run_failed,
    default_args={
        "owner": "retention",
        "retries": 3,
        "retry_delay": timedelta(minutes=1),
        "retry_exponential_backoff": True,
        "execution_timeout": timedelta(hours=6),  # a first load may be long
        "on_failure_callback": [task_failed, source_is_paused],
    },
    params={
        "full": Param(
            False,
            type="boolean",
            title="Full",
            description="Read everything, and delete what is not there any more.",
        ),
    },
    tags=["landing"],
) as dag:
    for source in SOURCES:
        with TaskGroup(source.name):
            tables = list(source.tables)
            outlets = {tables[-1]: [Asset(f"landing/{source.name}")]}
            chain(
                *(
                    load.override(task_id=table, outlets=outlets.get(table, []))(source.name, table)
                    for table in tables
                )
            )
