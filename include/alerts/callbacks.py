"""What Airflow calls when something went wrong: a task or a run failed, or a run is late.

A task's own process tells of its failure, and why. One that was killed cannot: the run's failure is
told by another process, the DAG processor, and that a run is late by a third, the triggerer.

An alert never raises: one that cannot be sent must not hide the failure it is about. The module is
imported whenever Airflow reads the DAGs, so everything heavy is imported where it is used.
"""

import asyncio
import logging
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import replace
from datetime import date
from functools import partial
from typing import TYPE_CHECKING, Any

from include.errors import UserError
from include.settings import Settings, load_settings

if TYPE_CHECKING:
    from airflow.sdk import Context

    from include.alerts.wording import Task
    from include.connections import Connection
    from include.warehouse.connection import Warehouse

log = logging.getLogger(__name__)

TIMED_OUT = "timed_out"
"""What Airflow gives as the reason of a run that its `dagrun_timeout` has ended."""


def task_failed(context: "Context") -> None:
    """Airflow's `on_failure_callback` of a task."""
    _quietly(lambda: _task_failed(context))


def run_failed(context: "Context") -> None:
    """Airflow's `on_failure_callback` of a DAG: of what no task has told itself.

    The cause is that of the task's own alert, so a failure that was told is not told again.
    """
    for task_id in _failed_tasks(context):
        _quietly(partial(_run_failed, context, task_id))


async def run_is_late(context: dict[str, Any]) -> None:
    """The callback of a deadline that was missed; Airflow gives it the run as JSON.

    It runs in the triggerer, as what runs in an executor may not read Airflow's connections.
    """
    from include.connections import from_airflow_async
    from include.warehouse.connection import Warehouse

    try:
        telegram = _with_token(
            await from_airflow_async("telegram_ops"), await from_airflow_async("telegram")
        )
        found = await from_airflow_async("warehouse")
        warehouse = Warehouse(found.postgres_url) if found else None
    except Exception as error:
        _log(error)
        return
    await asyncio.to_thread(_quietly, lambda: _run_is_late(context, telegram, warehouse))


def churn_is_unusual(settings: Settings, warehouse: "Warehouse") -> None:
    """Alert where the churn rate of the report's week is not as usual."""
    _quietly(lambda: _churn_is_unusual(settings, warehouse))


def source_is_paused(context: "Context") -> None:
    """An `on_failure_callback` of a source's load: alert where that failure has paused the source.

    Whoever skips a load because of it calls this too: a pause is told once, whoever comes first.
    """
    _quietly(lambda: _source_is_paused(context))


def sources_are_behind(settings: Settings, warehouse: "Warehouse") -> None:
    """Alert of each source that is behind the report's week."""
    _quietly(lambda: _sources_are_behind(settings, warehouse))


def _quietly(alert: Callable[[], None]) -> None:
    try:
        alert()
    except Exception as error:
        _log(error)


def _log(error: Exception) -> None:
    # Any other text than our own may quote a URL, and with it the token; the type has to be enough.
    says = str(error) if isinstance(error, UserError) else f"{type(error).__name__}."
    log.error("An alert was not sent: %s", says)


def _task_failed(context: "Context") -> None:
    from include.alerts.send import send_alert
    from include.alerts.wording import failure_alert
    from include.report.wording import Wording

    settings = load_settings()
    telegram = _connection()
    task = _task(context, context["ti"].task_id, settings)
    warehouse = _warehouse()
    html = failure_alert(
        task,
        context.get("exception"),
        Wording(settings.report_lang),
        failed_tests=_failed_tests(warehouse) if task.task_id.endswith("_test") else (),
        secrets=(telegram.password,) if telegram and telegram.password else (),
    )
    send_alert(html, _cause(task), telegram, settings, warehouse)


def _run_failed(context: "Context", task_id: str) -> None:
    from include.alerts.send import is_written, send_alert
    from include.alerts.wording import failure_alert
    from include.report.wording import Wording

    settings = load_settings()
    words = Wording(settings.report_lang)
    task = _task(context, task_id, settings)
    why = "alert_timed_out" if context.get("reason") == TIMED_OUT else "alert_killed"
    html = failure_alert(task, words.text(why), words)
    send_alert(
        html,
        _cause(task),
        _connection(),
        settings,
        _warehouse(),
        keep_file=is_written(task.dag_id, task.run_id, task.task_id),
    )


def _failed_tasks(context: "Context") -> list[str]:
    """The tasks of the run that failed, or that its end cut short; "" where no task is known."""
    ti = context.get("ti")
    if ti is None:
        return [""]
    if context.get("reason") == TIMED_OUT:
        return [ti.task_id]
    with suppress(Exception):  # `airflow dags test` has nobody to ask
        states = ti.get_task_states(dag_id=ti.dag_id, run_ids=[ti.run_id])[ti.run_id]
        if failed := sorted(task_id for task_id, state in states.items() if state == "failed"):
            return failed
    return [ti.task_id]


def _task(context: "Context", task_id: str, settings: Settings) -> "Task":
    """What an alert says of a task; of the run alone, where Airflow does not know the task."""
    from include.alerts.wording import Task

    ti = context.get("ti")
    return Task(
        context["dag"].dag_id if ti is None else ti.dag_id,
        task_id,
        context["run_id"] if ti is None else ti.run_id,
        _as_of(context, settings.shop_time_zone),
        str(getattr(ti, "log_url", "")) if ti is not None and ti.task_id == task_id else "",
    )


def _cause(task: "Task") -> str:
    return f"{task.dag_id}.{task.task_id} failed"


def _run_is_late(
    context: dict[str, Any], telegram: "Connection | None", warehouse: "Warehouse | None"
) -> None:
    from include.alerts.send import send_alert
    from include.alerts.wording import late_alert
    from include.report.wording import Wording

    settings = load_settings()
    run = context["dag_run"]
    html = late_alert(run["dag_id"], run["dag_run_id"], Wording(settings.report_lang))
    send_alert(html, f"{run['dag_id']} is late", telegram, settings, warehouse)


def _churn_is_unusual(settings: Settings, warehouse: "Warehouse") -> None:
    from include.alerts.send import send_alert
    from include.alerts.wording import unusual_churn_alert
    from include.report.read import Signal
    from include.report.wording import Wording

    query = """
        select
            weeks.week_starts_on, weeks.week_ends_on, weeks.churn_rate,
            signals.figure, signals.signal, signals.usual_low, signals.usual_high
        from {marts}.rpt_weekly_signals as signals
        inner join {marts}.rpt_churn_trend as weeks using (week_starts_on)
        where signals.figure = 'churn_rate' and signals.signal <> 'usual'
    """
    words = Wording(settings.report_lang)
    for week in _rows(warehouse, query):
        html = unusual_churn_alert(
            (week["week_starts_on"], week["week_ends_on"]),
            week["churn_rate"],
            Signal(week["figure"], week["signal"], week["usual_low"], week["usual_high"]),
            words,
        )
        cause = f"churn of {week['week_starts_on']}"
        send_alert(html, cause, _connection(), settings, warehouse)


def _source_is_paused(context: "Context") -> None:
    from include.alerts.send import send_alert
    from include.alerts.wording import source_alert
    from include.report.wording import Wording
    from include.sync.behind import paused
    from include.sync.sources import declared_sources
    from include.warehouse.connection import task_warehouse

    settings, warehouse = load_settings(), task_warehouse()
    source = declared_sources()[context["ti"].task_id.partition(".")[0]]
    with closing(warehouse.connect()) as connection:
        behind = paused(connection, settings, source)
    if behind is not None:
        html = source_alert(behind, Wording(settings.report_lang))
        cause, day = f"{source.name} is paused", behind.failing_since
        send_alert(html, cause, _connection(), settings, warehouse, day=day)


def _sources_are_behind(settings: Settings, warehouse: "Warehouse") -> None:
    from include.alerts.send import send_alert
    from include.alerts.wording import source_alert
    from include.report.wording import Wording
    from include.sync.behind import sources_behind

    words = Wording(settings.report_lang)
    [week] = _rows(warehouse, "select week_ends_on from {marts}.rpt_weekly_report")
    with closing(warehouse.connect()) as connection:
        behind = sources_behind(connection, settings, week["week_ends_on"])
    for source in behind:
        html = source_alert(source, words)
        send_alert(html, f"{source.source} is behind", _connection(), settings, warehouse)


def _connection() -> "Connection | None":
    from include.connections import from_airflow

    return _with_token(from_airflow("telegram_ops"), from_airflow("telegram"))


def _with_token(ops: "Connection | None", telegram: "Connection | None") -> "Connection | None":
    """Where alerts go; the bot is the report's, unless the connection has one of its own."""
    if ops is None or ops.password or telegram is None:
        return ops or telegram
    return replace(ops, password=telegram.password)


def _warehouse() -> "Warehouse | None":
    from include.warehouse.connection import task_warehouse

    with suppress(Exception):
        return task_warehouse()
    return None


def _failed_tests(warehouse: "Warehouse | None") -> tuple[str, ...]:
    query = """
        select test_name from {ops}.data_tests
        where status not in ('pass', 'warn')
        order by test_name
    """
    if warehouse is not None:
        with suppress(Exception):
            return tuple(row["test_name"] for row in _rows(warehouse, query))
    return ()


def _rows(warehouse: "Warehouse", query: str) -> list[dict[str, Any]]:
    from include.warehouse import queries

    with closing(warehouse.connect()) as connection:
        return queries.rows(connection, query)


def _as_of(context: "Context", time_zone: str) -> date | None:
    """The run's as-of date; None where only the data tell it, or where it is what went wrong."""
    from include.airflow.as_of import as_of_run

    with suppress(Exception):
        return as_of_run(context, time_zone).on
    return None
